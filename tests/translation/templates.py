"""Words of a template outside the tags that translate."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "templates"

_SILENT = re.compile(
    r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}|<!--.*?-->"
    r"|\{% blocktranslate .*?\{% endblocktranslate %\}"
    r"|<(?P<element>script|style|code|pre|kbd)\b.*?</(?P=element)>",
    re.DOTALL,
)
_TAG = re.compile(r"\{[%{].*?[%}]\}", re.DOTALL)
_ELEMENT = re.compile(r"<[^<>]*>")
_SPOKEN_ATTRIBUTE = re.compile(r'\b(?:aria-label|alt|placeholder|title|data-label)="([^"]*)"')
# Words handed to a tag or filter that shows them; translated ones stand in _("…").
_SPOKEN_ARGUMENT = re.compile(
    r"""\{%\ (?:state\ \S+|chip\ \S+|since\ \S+|moment\ \S+)\ "(?P<tag>[^"]+)" """
    r"""|\|(?:default|default_if_none|yesno|pluralize|add):"(?P<filter>[^"]+)" """,
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z]{2,}")


def own_words(path: Path) -> Iterator[str]:
    """Each piece of text, spoken attribute or argument that holds a word."""
    source = _SILENT.sub(" ", path.read_text(encoding="utf-8"))
    for found in _SPOKEN_ARGUMENT.finditer(source):
        yield from _with_words(found["tag"] or found["filter"])
    markup = _TAG.sub("\x00", source)
    for value in _SPOKEN_ATTRIBUTE.findall(markup):
        yield from _with_words(value)
    for text in re.split(r"[<>\x00]", _ELEMENT.sub("<>", markup)):
        yield from _with_words(text)


def _with_words(text: str) -> Iterator[str]:
    bare = " ".join(re.sub(r"&\w+;", " ", text).split())
    if _WORD.search(bare):
        yield bare
