"""Every word for operators is translated, and what Django reads is what the catalogue says."""

import re
from pathlib import Path

import polib

from tests.translation.catalogue import CATALOGUE, ROOT, committed, extracted, keys, translations
from tests.translation.names import NAMES

_FACT = re.compile(r"%\(\w+\)[a-z]|%[a-z%]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
# The same in both languages.
_ALIKE = {
    "Wi-Fi",
    "C SDK",
    "Python SDK",
    "Topic",
    "%(position)s of %(total)s",
    "API key %(key)s",
    "API key %(name)s",
    "Access key",
    "Access key %(name)s",
    "Access keys",
}


def test_every_message_of_the_sources_is_in_the_catalogue_and_no_other(tmp_path: Path) -> None:
    in_sources, in_catalogue = keys(extracted(tmp_path)), keys(committed())
    assert in_sources - in_catalogue == set(), "run `make messages` and translate these"
    assert in_catalogue - in_sources == set(), "run `make messages`: nobody says these any more"


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    catalogue = committed()
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert catalogue.obsolete_entries() == []


def test_a_translation_holds_the_facts_of_its_message() -> None:
    for entry in committed():
        wanted = sorted(_FACT.findall(entry.msgid_plural or entry.msgid))
        for text in translations(entry):
            assert sorted(_FACT.findall(text)) == wanted, entry.msgid


def test_a_translation_is_chinese_with_chinese_punctuation() -> None:
    for entry in committed():
        for text in translations(entry):
            words = _FACT.sub("", entry.msgid)
            alike = entry.msgid in _ALIKE | NAMES or not re.search(r"[A-Za-z]", words)
            assert alike or _CJK.search(text), entry.msgid
            assert not re.search(r"[\u4e00-\u9fff][,;?!:](?! )|[,;!][\u4e00-\u9fff]", text), text


def test_what_django_reads_is_made_from_the_catalogue() -> None:
    compiled = polib.mofile(str(ROOT / CATALOGUE.with_suffix(".mo")))
    assert _told(compiled) == _told(committed()), "run `make messages`"


def _told(catalogue: polib.POFile | polib.MOFile) -> dict[tuple[str, str], list[str]]:
    return {(entry.msgctxt or "", entry.msgid): translations(entry) for entry in catalogue}
