from datetime import UTC, datetime

import pytest
from django import forms
from django.conf import LazySettings
from django.test import RequestFactory

from common.errors import ConflictError, OperationError
from common.web.forms import ConsoleForm, MomentInput, attempt, posted


class Sample(ConsoleForm):
    name = forms.CharField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    tick = forms.BooleanField(required=False)


def fail_with(error: OperationError) -> object:
    raise error


def sample() -> Sample:
    form = Sample({"name": "x", "kind": "a"})
    assert form.is_valid()
    return form


def test_every_control_wears_the_class_of_its_kind() -> None:
    fields = Sample().fields
    classes = {name: field.widget.attrs["class"] for name, field in fields.items()}
    assert classes == {
        "name": "form-control form-control-sm",
        "kind": "form-select form-select-sm",
        "tick": "form-check-input",
    }


def test_a_form_is_bound_by_a_post_even_an_empty_one_and_by_nothing_else() -> None:
    requests = RequestFactory()
    assert Sample(posted(requests.post("/"))).is_bound
    assert not Sample(posted(requests.get("/", {"name": "x"}))).is_bound


def test_what_an_operation_returns_comes_back() -> None:
    assert attempt(sample(), lambda: 7) == 7


def test_an_error_goes_beside_the_field_it_names() -> None:
    form = sample()
    assert attempt(form, lambda: fail_with(ConflictError("Taken.", field="name"))) is None
    assert form.errors == {"name": ["Taken."]}


@pytest.mark.parametrize("field", ["", "unknown"])
def test_an_error_of_the_whole_request_stands_above_the_form(field: str) -> None:
    form = sample()
    attempt(form, lambda: fail_with(OperationError("Too late.", field=field)))
    assert form.non_field_errors() == ["Too late."]


@pytest.mark.parametrize("typed", ["2026-11-23T20:30:00.000Z", "2026-11-24T04:30:00+08:00"])
def test_a_moment_is_shown_in_the_servers_zone_and_carried_in_utc(
    settings: LazySettings, typed: str
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    widget = MomentInput().get_context("since", typed, {})["widget"]
    assert widget["value"] == "2026-11-24T05:30"
    assert widget["attrs"]["data-moment"] == "2026-11-23T20:30:00+00:00"


def test_a_moment_without_a_zone_is_the_servers(settings: LazySettings) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    widget = MomentInput().get_context("since", "2026-11-24T05:30", {})["widget"]
    moment = datetime.fromisoformat(widget["attrs"]["data-moment"])
    assert moment == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["nonsense", "2026-13-45T99:99", 5])
def test_what_is_no_moment_is_kept_as_typed(typed: object) -> None:
    widget = MomentInput().get_context("since", typed, {})["widget"]
    assert widget["attrs"]["data-moment"] == ""
    assert widget["value"] == str(typed)
