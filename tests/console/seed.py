"""A small fleet to look at: what most pages have to show, made through the real operations."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from devices.bulk_actions import job_kind
from devices.models import Device, Session
from findings.detect import client_ids_sign
from findings.operations import observe
from imports.batches.reading import read_file
from imports.fleet.reading import GivenFile, read_fleet
from imports.operations.batches import upload_batch
from imports.operations.fleet_imports import upload_import
from jobs.models import Job
from jobs.operations import submit
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from operators.actor import SHELL
from operators.models import AccessKeyScope, Operator, Role
from operators.operations import access_keys, invitations, saved_filters
from operators.operations.access_key_use import note_use
from products.models import Product
from products.operations.manage import create_product
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    issued_client_id,
    make_device,
)

# Somebody whose account waits for its password.
INVITED = "lin-mei"


@dataclass(frozen=True)
class Fleet:
    lamp: Product
    meter: Product
    cloned: Device
    plain: Device


def seed(operator: Operator | None = None) -> Fleet:
    """Two products; lamps that register freely, one of them cloned; one pre-registered meter."""
    lamp = create_product(SHELL, "Smart_Lamp", description="Ceiling lamp, Wi-Fi")
    meter = create_product(SHELL, "Water_Meter")
    now = timezone.now()
    Product.objects.filter(pk=lamp.pk).update(
        dynamic_registration=True,
        dynamic_registration_changed_at=now - timedelta(hours=2),
        dynamic_registration_changed_by=operator,
    )
    lamp.refresh_from_db()
    for number in range(1, 6):
        name = f"lamp-{number:04}"
        connect_by_token(lamp, name, issued_client_id(lamp, name))
    cloned = _cloned(lamp, "lamp-0007")
    _offline(Device.objects.get(device_name="lamp-0003"), now - timedelta(minutes=12))
    plain = make_device(meter, "meter-A4:CF:12")
    connect_by_secret(plain)
    make_device(meter, "meter-0002@east.hall")
    _refusals(lamp, now)
    ask_for_a_job(lamp)
    ask_for_a_batch(lamp)
    give_a_fleet()
    if operator:
        keep_a_filter(operator)
        invite_somebody()
        make_access_keys(operator)
    return Fleet(lamp, meter, cloned, Device.objects.get(pk=plain.pk))


def ask_for_a_job(product: Product) -> Job:
    """No worker is there to take it up."""
    keys = product.devices.filter(enabled=True).values_list("pk", flat=True)
    return submit(SHELL, job_kind("disable"), product=product, rows=list(keys))


def invite_somebody() -> None:
    invitations.invite(SHELL, INVITED, Role.VIEWER, every_product=False)


def make_access_keys(owner: Operator) -> None:
    """One in use, one switched off, one that the shell made."""
    devices = AccessKeyScope.DEVICES
    line = access_keys.create_access_key(SHELL, "production-line", devices, owner)
    note_use(line, timezone.now() - timedelta(minutes=3), "192.0.2.15")
    billing = access_keys.create_access_key(SHELL, "billing", AccessKeyScope.READ_ONLY, owner)
    access_keys.set_access_key_enabled(SHELL, billing.access_key_id, enabled=False)
    access_keys.create_access_key(SHELL, "erp", AccessKeyScope.EVERYTHING)


def keep_a_filter(owner: Operator) -> None:
    saved_filters.save(
        SHELL, owner, "devices:list", "state=online", saved_filters.Wish("In use", shared=True)
    )


def ask_for_a_batch(product: Product) -> None:
    """A list that waits for somebody to put a row right."""
    reading = read_file(b"DeviceName,Nickname\nlamp-0200,\nlamp 0201,\n", 1 << 20)
    upload_batch(SHELL, product.product_key, reading, file_name="lamps.csv")


def give_a_fleet() -> None:
    """Two devices of a product from the cloud, one of which has to be put right."""
    header = b"ProductKey,ProductSecret,ProductName,DeviceName,DeviceSecret,Colour\n"
    row = b"a1FCrJmPpk1,h1nQFYPZS0mWqzXY,Cloud_Lamp"
    lines = header + row + b",lamp-0300,0123456789abcdef,red\n" + row + b",lamp-0301,****,blue\n"
    reading = read_fleet([GivenFile("fleet.csv", lines)], 1 << 20)
    upload_import(SHELL, reading)


def _cloned(product: Product, device_name: str) -> Device:
    for _ in range(3):
        connect_by_token(product, device_name, issued_client_id(product, device_name))
    issued_client_id(product, device_name)
    device = Device.objects.select_related("product").get(device_name=device_name)
    with transaction.atomic():
        observe(client_ids_sign(device))
    return device


def _offline(device: Device, at: datetime) -> None:
    Session.objects.filter(device=device).update(ended_at=at)


def _refusals(product: Product, now: datetime) -> None:
    tried = (("dynamic_registration_off", "lamp-0100"), ("bad_signature", "lamp-0101"))
    log_writer.write(
        [
            log_writer.Event(
                service_type=ServiceType.REGISTRATION,
                operation="regnwl",
                reason=Reason(reason),
                trace_id="00d1e2f3a4b5c6d7",
                product_key=product.product_key,
                device_name=name,
                address="192.0.2.44",
                detail={"mode": "regnwl", "signmethod": "hmacsha256", "sdk": "sdk-c-4.2.0"},
            )
            for reason, name in tried
        ],
        now,
    )
