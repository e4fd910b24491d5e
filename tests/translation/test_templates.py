"""No template says anything outside the tags that translate."""

from pathlib import Path

import pytest

from tests.translation.names import NAMES
from tests.translation.templates import ROOT, own_words

# What a person types or a program reads, whatever the language.
VERBATIM = {"product/ ProductKey", "true,false", "#confirmation"}


@pytest.mark.parametrize("name", sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*.html")))
def test_a_template_has_no_words_of_its_own(name: str) -> None:
    path = ROOT / name
    assert [text for text in own_words(path) if text not in NAMES | VERBATIM] == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nothing here</p>",
        "{% if devices %}Some{% else %}None{% endif %}",
        '<button aria-label="Close">&times;</button>',
        '<input placeholder="Search {{ what }}">',
        '{% state "ok" "Connected" %}',
        '{{ name|default:"nobody" }}',
        '{{ on|yesno:"On,Off" }}',
        '<p>{% translate "Yes" %} and more</p>',
    ],
)
def test_a_word_that_nobody_translates_is_found(source: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(source)
    assert list(own_words(file))


@pytest.mark.parametrize(
    "source",
    [
        '<p class="quiet">{% translate "Nothing here" %}</p>',
        "{# a remark #}{% comment %}another{% endcomment %}<!-- and one -->",
        "{% blocktranslate trimmed with a=b %}About <b>{{ a }}</b>.{% endblocktranslate %}",
        '<a href="{% url \'devices:list\' %}?a=x&amp;b=y" title="{% translate "All" %}">1</a>',
        "<code>pip install</code>{{ user.name }}",
        '{% state "ok" _("Connected") %}',
    ],
)
def test_translated_words_and_markup_are_not(source: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(source)
    assert list(own_words(file)) == []
