"""Stored words are English messages with facts beside them; they are told in any language."""

import pytest
from django.utils import translation

from common.text.stored_messages import in_english, listed, said, told, translated

CREATED = "Created product %(name)s"


def test_words_are_told_in_the_language_of_the_moment() -> None:
    assert told(CREATED, {"name": "Lamp"}) == "Created product Lamp"
    with translation.override("zh-hans"):
        assert told(CREATED, {"name": "Lamp"}) == "创建产品“Lamp”"


def test_machines_are_told_in_english() -> None:
    with translation.override("zh-hans"):
        assert in_english(CREATED, {"name": "Lamp"}) == "Created product Lamp"


def test_a_fact_may_itself_be_words() -> None:
    inner = {"words": "turn on Dynamic Registration for product %(product)s (%(product_key)s)"}
    facts = {"number": "+86 ••• 1234", "purpose": {**inner, "product": "L", "product_key": "a1"}}
    with translation.override("zh-hans"):
        told_so = told("Sent a code to %(number)s to %(purpose)s", facts)
    assert "为产品“L”（a1）开启动态注册" in told_so


@pytest.mark.parametrize("facts", [{}, {"name": "50 %"}])
def test_a_per_cent_sign_does_no_harm(facts: dict[str, str]) -> None:
    message = "Used up to 80 %" if not facts else "Called %(name)s"
    assert "%" in told(message, facts)


def test_a_list_of_words_reads_as_one() -> None:
    parts = [{"words": CREATED, "name": name} for name in ("a", "b", "c")]
    assert said(listed(parts)) == "Created product a, Created product b, Created product c"
    with translation.override("zh-hans"):
        assert said(listed(parts[:2])) == "创建产品“a”，创建产品“b”"


def test_no_words_are_no_words_in_any_language() -> None:
    """gettext answers an empty message with the header of its catalogue."""
    with translation.override("zh-hans"):
        assert translated("") == ""
