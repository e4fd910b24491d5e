"""An alias names a device for people."""

from django.test import Client

from devices.models import Device
from operators.models import AuditEntry
from tests.console.dom import by_id, text, tree
from tests.console.seed import Fleet


def url(fleet: Fleet) -> str:
    return fleet.plain.get_absolute_url() + "alias/"


def alias(fleet: Fleet) -> str:
    return Device.objects.get(pk=fleet.plain.pk).nickname


def test_is_changed_and_audited(console: Client, fleet: Fleet) -> None:
    response = console.post(url(fleet), {"nickname": "走廊水表"}, follow=True)
    assert alias(fleet) == "走廊水表"
    assert "走廊水表" in text(by_id(tree(response), "main"))
    entry = AuditEntry.objects.get(act="device.alias")
    assert entry.facts == {"old": "", "new": "走廊水表"}
    assert entry.target == fleet.plain.target


def test_is_taken_away_by_an_empty_one(console: Client, fleet: Fleet) -> None:
    console.post(url(fleet), {"nickname": "Hall meter"})
    console.post(url(fleet), {"nickname": ""})
    assert alias(fleet) == ""


def test_one_against_the_rule_is_told_beside_the_field(console: Client, fleet: Fleet) -> None:
    response = console.post(url(fleet), {"nickname": "x"})
    assert response.status_code == 422
    assert "An alias has 4 to 64 characters" in text(tree(response))
    assert alias(fleet) == ""


def test_the_same_one_again_changes_nothing(console: Client, fleet: Fleet) -> None:
    console.post(url(fleet), {"nickname": "Hall meter"})
    console.post(url(fleet), {"nickname": "Hall meter"})
    assert AuditEntry.objects.filter(act="device.alias").count() == 1


def test_a_viewer_cannot(viewing: Client, fleet: Fleet) -> None:
    assert viewing.post(url(fleet), {"nickname": "Hall meter"}).status_code == 403
    assert alias(fleet) == ""
