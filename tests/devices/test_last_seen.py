from datetime import timedelta

import pytest
from django.utils import timezone

from devices.last_seen import client_id_rows, current_client_id, last_seen
from devices.models import ClientBinding, Device, Session
from tests.factories import connect_by_token, issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db

NAME = "lamp-0001"


def test_a_device_that_never_connected_was_never_seen() -> None:
    device = make_device(make_product(), NAME)
    assert last_seen([device.pk]) == {}


def test_the_live_connection_counts_before_any_other() -> None:
    product = make_product()
    issued = [issued_client_id(product, NAME) for _ in range(2)]
    for each in issued:
        connect_by_token(product, NAME, each)
    device = Device.objects.get()
    seen = last_seen([device.pk])[device.pk]
    assert (seen.online, seen.client_id) == (True, issued[1].client_id)


def test_offline_since_the_end_of_the_latest_connection() -> None:
    product = make_product()
    for _ in range(2):
        connect_by_token(product, NAME, issued_client_id(product, NAME))
    early, late = timezone.now() - timedelta(hours=2), timezone.now() - timedelta(hours=1)
    first, second = Session.objects.order_by("pk")
    Session.objects.filter(pk=first.pk).update(ended_at=late)
    Session.objects.filter(pk=second.pk).update(ended_at=early)
    seen = last_seen([first.device_id])[first.device_id]
    assert (seen.online, seen.at, seen.client_id) == (False, late, first.client_id)


def test_rows_are_the_live_client_ids_in_order_of_issue() -> None:
    product = make_product()
    issued = [issued_client_id(product, NAME) for _ in range(3)]
    connect_by_token(product, NAME, issued[2])
    ClientBinding.objects.filter(client_id=issued[0].client_id).update(voided_at=timezone.now())
    rows = client_id_rows(Device.objects.get())
    assert [row.client_id for row in rows] == [each.client_id for each in issued[1:]]
    assert [row.current for row in rows] == [False, True]
    assert rows[0].seen is None
    assert rows[0].first_connected_at is None
    assert current_client_id(rows) == issued[2].client_id


def test_without_a_live_connection_the_latest_one_stands_for_it() -> None:
    product = make_product()
    issued = [issued_client_id(product, NAME) for _ in range(2)]
    for each in issued:
        connect_by_token(product, NAME, each)
    Session.objects.filter(ended_at__isnull=True).update(ended_at=timezone.now())
    assert current_client_id(client_id_rows(Device.objects.get())) == issued[1].client_id
    assert current_client_id([]) == ""
