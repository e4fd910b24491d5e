"""The dialog that asks before an act."""

from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from common.web import confirm_dialog
from common.web.confirm_dialog import Act, ask


@dataclass
class Lamp:
    name: str
    target: str = "lamp/7"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return "/lamps/7/"


def test_an_act_tells_its_thing_by_name_and_further_facts_by_theirs() -> None:
    act = Act.of(
        Lamp("100 % Lamp"),
        "Move %(name)s to %(room)s",
        "50 % are there already.",
        button="Move",
        done="Moved %(name)s.",
        room="hall",
    )
    assert act.title == "Move 100 % Lamp to hall"
    assert act.done == "Moved 100 % Lamp."
    assert act.sentences == ("50 % are there already.",)


def test_an_act_leads_back_to_the_page_of_its_thing_and_to_its_audit_trail() -> None:
    act = Act.of(Lamp("Lamp"), "Move", button="Move", done="Moved.")
    assert (act.back, act.trail) == ("/lamps/7/", "lamp/7")


@pytest.mark.parametrize(("then", "shown"), [("", "/lamps/7/"), ("/lamps/", "/lamps/")])
def test_the_act_is_followed_by_the_page_it_came_from_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, then: str, shown: str
) -> None:
    went: list[str] = []

    def go(_request: object, to: str, *_args: object, **_more: object) -> HttpResponse:
        went.append(to)
        return HttpResponse()

    monkeypatch.setattr(confirm_dialog, "go", go)
    act = Act.of(Lamp("Lamp"), "Move", button="Move", done="Moved.", then=then)
    ask(RequestFactory().post("/lamps/7/move/"), act, lambda _data: None)
    assert went == [shown]
