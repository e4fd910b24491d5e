"""Every URL that a POST may change something at, by what it asks for before it does.

`CONFIRMED` and `OWN_CODE` are proven by the POSTs of `dangerous_posts`, `HARMLESS` says why a
session alone is enough.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from django.urls import reverse

from devices.models import ClientBinding, Device
from imports.models import BatchState, DeviceBatch, FleetImport
from imports.models.fleet import ImportState
from imports.operations.batches import generate_batch
from jobs.models import Job
from jobs.runner import work
from operators.actor import SHELL
from operators.confirmation import Confirmed
from operators.models import AccessKey, Operator
from products.models import Product
from products.operations.manage import create_product
from registration.operations.rotate_secret import Overlap, rotate_secret, rotation_purpose
from tests.console.seed import INVITED, Fleet, give_a_fleet
from tests.operators.people import person

Form = Mapping[str, str]

# Take a code for exactly this act and target, in a fresh session too.
OWN_CODE = {
    "registration:dynamic_registration",
    "registration:end_overlap",
    "registration:rotate",
    "registration:stop_leak",
}

# What confirms dangerous acts is changed here: see tests/operators for what that takes.
OF_ONES_OWN_ACCOUNT = {
    "operators:authenticator",
    "operators:backup_codes",
    "operators:confirm_factor",
    "operators:password",
    "operators:phone",
    "operators:verify_phone",
}

# Neither let a device in nor cut one off, show no secret, and reach nothing outside.
HARMLESS = {
    "devices:alias": "a name for people",
    "imports:batch_discard": "forgets a list; no device changes",
    "imports:batch_stop": "adds no more devices; Resume takes a code",
    "jobs:cancel": "changes no more devices",
    "imports:import_add": "checks what is uploaded; Import takes a code",
    "imports:import_discard": "forgets what was uploaded; no device changes",
    "imports:import_stop": "imports no more; Resume takes a code",
    "findings:dismiss": "a finding is hidden, and is in the trail",
    "findings:reopen": "a finding is listed again",
    "hide_first_steps": "a cookie",
    "logs:export": "what one may read anyhow, without secrets",
    "operators:accept": "takes the code of an invitation",
    "operators:cancel_invitation": "takes access away from an account nobody has used",
    "operators:deactivate": "takes a person's access away; may have to be quick",
    "operators:delete_filter": "a saved filter of one's own",
    "operators:disable_access_key": "takes a program's access away; may have to be quick",
    "operators:edit_filter": "a saved filter of one's own",
    "operators:end_other_sessions": "signs out elsewhere",
    "operators:end_session": "signs out elsewhere",
    "operators:end_session_of": "signs somebody out",
    "operators:export_audit": "what one may read anyhow, without secrets",
    "operators:language": "a preference",
    "operators:new_filter": "a saved filter of one's own",
    "operators:preferences": "a preference",
    "operators:sign_in": "takes the password",
    "operators:sign_out": "ends the session",
    "operators:sign_out_everywhere": "signs somebody out; may have to be quick",
    "overview": "there the API is called, with signed requests alone",
    "products:create": "a product without devices, closed to registration",
    "products:publish": "devices and Dynamic Registration are not affected",
    "registration:export_leak": "what one may read anyhow, without secrets",
}


@dataclass(frozen=True)
class Post:
    """`path` with `form` does what the view is for, unless it first asks for a code."""

    view: str
    path: str
    form: Form = field(default_factory=dict)
    # Whether it sends a message after its commit, so that no transaction may be around it.
    tells: bool = False


def confirmed_posts(fleet: Fleet) -> list[Post]:
    """At least one POST to every view that requires a fresh confirmation."""
    return [
        *_device_posts(fleet),
        *_bulk_posts(fleet),
        *_batch_posts(fleet.lamp),
        *_import_posts(),
        *_product_posts(fleet),
        *_account_posts(),
        *_access_key_posts(),
    ]


def own_code_posts(fleet: Fleet) -> Iterator[Post]:
    key = fleet.lamp.product_key
    product = Product.objects.get(pk=fleet.lamp.pk)
    overlap = Overlap(days=7)
    confirmed = Confirmed.by_shell(rotation_purpose(product, overlap))
    rotate_secret(product, confirmed=confirmed, overlap=overlap)
    queries = {
        "dynamic_registration": ("?to=on", "?to=on&open_for=8", "?to=off"),
        "rotate": ("?overlap=0", "?overlap=7"),
        "end_overlap": ("",),
        "stop_leak": ("",),
    }
    for name, given in queries.items():
        for query in given:
            path = reverse(f"registration:{name}", args=[key]) + query
            yield Post(f"registration:{name}", path)
            for action in ("send", "confirm"):
                form = {"action": action, "method": "sms", "code": "000000", "confirming": "x"}
                if action == "confirm":
                    yield Post(f"registration:{name}", path, form)


def _device_posts(fleet: Fleet) -> Iterator[Post]:
    Device.objects.filter(pk=fleet.cloned.pk).update(registration_refused=True)
    off = Device.objects.get(device_name="lamp-0001")
    Device.objects.filter(pk=off.pk).update(enabled=False)
    client_id = ClientBinding.objects.filter(device=fleet.cloned).latest("pk").client_id
    forms: dict[str, tuple[Device, Form]] = {
        "switch": (fleet.cloned, {"client_id": client_id}),
        "clear": (fleet.cloned, {"typed": fleet.cloned.device_name}),
        "allow": (fleet.cloned, {}),
        "reset": (fleet.plain, {}),
        "disable": (fleet.plain, {}),
        "enable": (off, {}),
        "delete": (fleet.plain, {}),
        "secret": (fleet.plain, {}),
        "parameters": (fleet.plain, {}),
    }
    for act, (device, form) in forms.items():
        key = Product.objects.get(pk=device.product_id).product_key
        path = reverse(f"devices:{act}", args=[key, device.device_name])
        yield Post(f"devices:{act}", path, form)
    added = {"product": fleet.meter.product_key, "device_name": "meter-9999"}
    yield Post("devices:add", reverse("devices:add"), added)


def _bulk_posts(fleet: Fleet) -> Iterator[Post]:
    key, other = fleet.plain.pk, Device.objects.get(device_name="lamp-0001").pk
    every = Device.objects.filter(product=fleet.meter).count()
    selections = {
        f"?ids={key}": 1,
        f"?id={key}&id={other}": 2,
        f"?all=on&product={fleet.meter.product_key}": every,
    }
    for act in ("enable", "disable", "reset", "clear", "delete"):
        chosen = {f"?ids={other}": 1} if act == "enable" else selections
        for query, count in chosen.items():
            path = reverse("devices:bulk", args=[act]) + query
            yield Post("devices:bulk", path, {"count": str(count)})
    for act, changed in (("enable", other), ("disable", key)):
        path = reverse("devices:undo_bulk", args=[act])
        yield Post("devices:undo_bulk", path, {"ids": str(changed)})
    job = Job.objects.get()
    while work(uuid4(), lambda: False):
        pass
    yield Post("jobs:undo", reverse("jobs:undo", args=[job.pk]))


def _batch_posts(product: Product) -> Iterator[Post]:
    checked = DeviceBatch.objects.get()
    add = {"product": product.product_key, "method": "auto", "count": "2", "name_prefix": "l-"}
    yield Post("imports:batch_add", reverse("imports:batch_add"), add)
    yield Post("imports:batch_add_checked", reverse("imports:batch_add_checked", args=[checked.pk]))
    done = generate_batch(SHELL, product.product_key, 2)
    for name in ("batch_credentials", "batch_parameters", "batch_secret_labels"):
        yield Post(f"imports:{name}", reverse(f"imports:{name}", args=[done.pk]))
    stopped = generate_batch(SHELL, product.product_key, 2)
    DeviceBatch.objects.filter(pk=stopped.pk).update(
        state=BatchState.CREATE_FAILED, stopped=True, position=0
    )
    yield Post("imports:batch_resume", reverse("imports:batch_resume", args=[stopped.pk]))


def _import_posts() -> Iterator[Post]:
    checked = FleetImport.objects.get()
    yield Post("imports:import_apply", reverse("imports:import_apply", args=[checked.pk]))
    give_a_fleet()
    stopped = FleetImport.objects.latest("pk")
    FleetImport.objects.filter(pk=stopped.pk).update(state=ImportState.STOPPED)
    yield Post("imports:import_resume", reverse("imports:import_resume", args=[stopped.pk]))


def _product_posts(fleet: Fleet) -> Iterator[Post]:
    of_lamp = [fleet.lamp.product_key]
    empty = create_product(SHELL, "Empty_One")
    yield Post("products:secret", reverse("products:secret", args=of_lamp))
    yield Post("products:delete", reverse("products:delete", args=[empty.product_key]))
    moved = {"name": fleet.lamp.name, "data_connections": "rabbitmq"}
    yield Post("products:edit", reverse("products:edit", args=of_lamp), moved)


def _account_posts() -> Iterator[Post]:
    invited = Operator.objects.get(username=INVITED).pk
    yield Post("operators:renew_invitation", reverse("operators:renew_invitation", args=[invited]))
    account = person("ada", phone="+8613800000009")
    gone = person("bob")
    Operator.objects.filter(pk=gone.pk).update(is_active=False)
    yield Post("products:grants", reverse("products:grants", args=[account.pk]), _no_grant())
    yield Post("operators:role", reverse("operators:role", args=[account.pk]), {"role": "viewer"})
    reset = reverse("operators:reset_second_factor", args=[account.pk])
    yield Post("operators:reset_second_factor", reset, tells=True)
    yield Post("operators:reactivate", reverse("operators:reactivate", args=[gone.pk]))
    yield Post("operators:invite", reverse("operators:invite"), {"username": "e", "role": "admin"})


def _no_grant() -> Form:
    keys = Product.objects.values_list("product_key", flat=True)
    return {f"of-{key}": "none" for key in keys}


def _access_key_posts() -> Iterator[Post]:
    line = AccessKey.objects.get(name="production-line").access_key_id
    billing = AccessKey.objects.get(name="billing").access_key_id
    new = {"name": "mine", "scope": "everything"}
    yield Post("operators:create_access_key", reverse("operators:create_access_key"), new)
    for act, key, form in (
        ("change", line, new),
        ("enable", billing, {}),
        ("delete", line, {"typed": "production-line"}),
    ):
        name = f"operators:{act}_access_key"
        yield Post(name, reverse(name, args=[key]), form)
