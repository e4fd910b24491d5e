"""Every citation in the repository's text leads to a document, section or file that exists.

Code cites a document of docs/reference by its name, `protocol.md 5.1`, and any other document by
its path, `docs/brokers.md`. A section is a numbered heading, an appendix, or a numbered table row.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
REFERENCE = "docs/reference"
_NOT_OURS = {"__pycache__", "node_modules", "var"}
THIS = "tests/iotconsole/test_citations.py"  # it cites what is not there

_SECTION = r"(?:\d+(?:\.\d+)*|appendix [A-Z])"
# A document's name, an anchor of a link into it, and the sections named behind it.
_CITATION = re.compile(
    rf"(?P<name>[\w./:-]*\w\.md)\b(?:#(?P<anchor>[\w-]+))?"
    rf"(?P<sections>\s{_SECTION}(?:(?:,| and| or| to|, and)\s{_SECTION})*)?",
    re.ASCII,
)
_HEADING = re.compile(r"^#+ (?:(\d+(?:\.\d+)*)\.? |A(ppendix [A-Z])\. )", re.MULTILINE)
_ROW = re.compile(r"^\| (\d+\.\d+) \|", re.MULTILINE)
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)")
# A line's end, with the sign that begins the next line of a comment or quotation.
_LINE_END = re.compile(r"[ \t]*\n[ \t]*(?:(?:#|//|>|\*)[ \t]+)?(?=\S)")


@cache
def files() -> tuple[str, ...]:
    """The repository's own files: without what is installed, built or stored beside them."""
    found: list[str] = []
    for directory, names, contents in os.walk(ROOT):
        names[:] = [n for n in names if n == ".ci" or not (n.startswith(".") or n in _NOT_OURS)]
        found += [(Path(directory) / name).relative_to(ROOT).as_posix() for name in contents]
    return tuple(sorted(found))


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of each text file."""
    for name in files():
        if name == THIS:
            continue
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image


@cache
def sections(document: str) -> frozenset[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    headings = {number or f"a{appendix}" for number, appendix in _HEADING.findall(text)}
    return frozenset(headings | set(_ROW.findall(text)))


@cache
def anchors(document: str) -> frozenset[str]:
    titles = re.findall(r"^#+ (.+)$", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles)


def document_of(citing: str, name: str) -> str | None:
    """The path of the document that `citing` calls `name`; None when there is none."""
    beside = (Path(citing).parent / name).as_posix() if citing.endswith(".md") else name
    for candidate in (beside, name, f"{REFERENCE}/{name}"):
        path = (ROOT / candidate).resolve()
        if path.is_file():
            return path.relative_to(ROOT).as_posix()
    return None


def faults(citing: str, text: str) -> Iterator[str]:
    """Yield the errors in citations of documents in `text`, the content of file `citing`."""
    joined = _LINE_END.sub(" ", text).replace('" / "', "/")
    for found in _CITATION.finditer(joined):
        name, anchor = found["name"], found["anchor"]
        if "://" in name:
            continue
        document = document_of(citing, name)
        if document is None:
            yield f"{citing}: there is no {name}"
            continue
        for section in re.findall(_SECTION, found["sections"] or ""):
            if section not in sections(document):
                yield f"{citing}: {name} has no section {section}"
        if anchor and anchor not in anchors(document):
            yield f"{citing}: {name} has no heading #{anchor}"


def test_every_document_and_section_cited_is_there() -> None:
    found = [fault for name, text in texts() for fault in faults(name, text)]
    assert not found, "\n".join(found)


def test_every_reference_document_is_cited_by_code() -> None:
    code = " ".join(text for name, text in texts() if name.endswith(".py"))
    for path in (ROOT / REFERENCE).glob("*.md"):
        assert path.name in code or path.name == "device_data.md", path.name


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".md")])
def test_links_and_places_of_a_document_are_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target, anchor in _LINK.findall(text):
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path.resolve().relative_to(ROOT).as_posix()), anchor
    rooms = {file.partition("/")[0] for file in files() if "/" in file}
    for place in re.findall(r"`([\w.-]+/[\w./-]*)`", text):
        # The reference names files of SDKs as well.
        ours = place.endswith(".py") and not name.startswith(REFERENCE)
        if ours or place.partition("/")[0] in rooms:
            assert (ROOT / place).exists(), place


@pytest.mark.parametrize("name", [name for name in files() if name.startswith(f"{REFERENCE}/")])
def test_sections_a_reference_document_names_in_itself_are_there(name: str) -> None:
    text = _LINE_END.sub(" ", (ROOT / name).read_text(encoding="utf-8"))
    several = rf"\b[Ss]ections? ({_SECTION}(?:(?:,| and| or| to) {_SECTION})*)"
    for listed in re.findall(several, text):
        assert set(re.findall(_SECTION, listed)) <= sections(name), listed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# see mission.md\n", "there is no mission.md"),
        ("# see protocol.md 5.9\n", "protocol.md has no section 5.9"),
        ("# protocol.md 1.2,\n# 77.1\n", "protocol.md has no section 77.1"),
        ("(console_api.md appendix Q)", "console_api.md has no section appendix Q"),
        ("(rules.md 4.1 to 4.99)", "rules.md has no section 4.99"),
        ("docs/brokers.md#nowhere", "docs/brokers.md has no heading #nowhere"),
        ("# see docs/nowhere.md", "there is no docs/nowhere.md"),
    ],
)
def test_a_citation_of_what_is_not_there_is_found(text: str, fault: str) -> None:
    assert list(faults("protocol/client_id.py", text)) == [f"protocol/client_id.py: {fault}"]


def test_a_citation_of_what_is_there_passes() -> None:
    good = '"docs" / "api.md", protocol.md 1.2 and\n# 2.1; docs/brokers.md, rules.md 4.1, README.md'
    assert list(faults("protocol/client_id.py", good)) == []
