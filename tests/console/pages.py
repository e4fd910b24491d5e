"""Every page and dialog of the console by a short name, for the tests that look at all of them."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from devices.models import Device
from imports.models import DeviceBatch, FleetImport
from jobs.models import Job
from logs.models import LogEntry
from operators.models import AccessKey, Operator, SavedFilter
from products.models import Product
from tests.console.seed import INVITED

# Answers that are no pages, and URLs that only act.
NOT_PAGES = {
    "ca_certificate",
    "devices:bulk_count",
    "imports:batch_csv_template",
    "imports:batch_report",
    "imports:batch_secret_labels",
    "imports:batch_xlsx_template",
    "imports:import_report",
    "devices:parameters",
    "devices:secret",
    "devices:states",
    "findings:count",
    "devices:undo_bulk",
    "jobs:undo",
    "hide_first_steps",
    "logs:export",
    "logs:new",
    "operators:language",
    "operators:settings",  # leads to the first of its pages
    "operators:sign_out",
    "operators:verify_phone",
    "operators:confirm_factor",  # leads back to the page it is asked for
    "operators:end_other_sessions",
    "operators:end_session",
    "operators:end_session_of",
    "operators:export_audit",
    "products:secret",
    "registration:export_leak",
}


def every_page(product: Product, device: Device) -> dict[str, str]:
    """Name → path. `product` has devices and a batch; `device` has ClientIDs and a finding."""
    of_product = {"product_key": product.product_key}
    of_device = {"product_key": device.product.product_key, "device_name": device.device_name}
    return {
        "overview": reverse("overview"),
        "search": f"{reverse('search')}?q=a",
        **_product_pages(of_product),
        **_device_pages(of_device, of_product),
        **_finding_pages(device),
        **_many_devices_pages(),
        **_batch_pages(DeviceBatch.objects.get(product=product)),
        **_import_pages(FleetImport.objects.get()),
        "logs": reverse("logs:list"),
        "log-story": reverse("logs:story", args=[_story_of(device)]),
        "audit": reverse("operators:audit"),
        **_filter_pages(SavedFilter.objects.latest("pk")),
        **_settings_pages(),
        **_access_key_pages(AccessKey.objects.get(name="production-line")),
    }


def _story_of(device: Device) -> str:
    """The trace that the newest entry about it belongs to."""
    entries = LogEntry.objects.filter(
        product_key=device.product.product_key, device_name=device.device_name
    )
    return entries.latest("pk").trace_id


def _product_pages(of_product: dict[str, str]) -> dict[str, str]:
    here = reverse("products:details", kwargs=of_product)
    switch = reverse("registration:dynamic_registration", kwargs=of_product)
    return {
        "products": reverse("products:list"),
        "product-create": reverse("products:create"),
        "product": here,
        **{f"product-{tab}": f"{here}{tab}/" for tab in ("devices", "topics", "connect")},
        "product-edit": reverse("products:edit", kwargs=of_product),
        "product-publish": reverse("products:publish", kwargs=of_product),
        "product-delete": reverse("products:delete", kwargs=of_product),
        "dynamic-registration-off": f"{switch}?to=off",
        "secret-leaked": f"{here}secret-leaked/",
        "secret-leaked-stop": f"{here}secret-leaked/stop/",
        "dynamic-registration-window": f"{switch}?to=on",
        "secret-rotate": reverse("registration:rotate", kwargs=of_product),
        "secret-rotate-confirm": f"{reverse('registration:rotate', kwargs=of_product)}?overlap=7",
        "secret-end-overlap": reverse("registration:end_overlap", kwargs=of_product),
        "dynamic-registration-on": f"{switch}?to=on&open_for=8&budget=100&names=lamp-*",
    }


def _device_pages(of_device: dict[str, str], of_product: dict[str, str]) -> dict[str, str]:
    here = reverse("devices:details", kwargs=of_device)
    acts = ("switch", "clear", "allow", "alias", "reset", "disable", "enable", "delete")
    return {
        "devices": reverse("devices:list"),
        "devices-compromised": f"{reverse('devices:list')}?compromised=true",
        "device-add": reverse("devices:add"),
        "watch": reverse("devices:watch", kwargs=of_product),
        "device": here,
        **{f"device-{tab}": f"{here}{tab}/" for tab in ("timeline", "log", "topics", "mqtt")},
        **{f"device-{act}": reverse(f"devices:{act}", kwargs=of_device) for act in acts},
    }


def _finding_pages(device: Device) -> dict[str, str]:
    of_finding = [device.findings.latest("pk").pk]
    pages = {"findings": reverse("findings:list"), "findings-all": "/findings/?state=all"}
    for name in ("details", "dismiss", "reopen"):
        pages[f"finding-{name}"] = reverse(f"findings:{name}", args=of_finding)
    return pages


def _many_devices_pages() -> dict[str, str]:
    every = f"{reverse('devices:bulk', args=['ACT'])}?all=1"
    jobs = {f"job-{job.state}": job.get_absolute_url() for job in Job.objects.all()}
    return {
        **{f"bulk-{act}": every.replace("ACT", act) for act in ("disable", "clear", "delete")},
        **jobs,
        **{f"{name}-cancel": f"{path}cancel/" for name, path in jobs.items()},
    }


def _batch_pages(batch: DeviceBatch) -> dict[str, str]:
    acts = ("add_checked", "discard", "stop", "resume", "credentials", "parameters", "labels")
    pages = {act: reverse(f"imports:batch_{act}", args=[batch.pk]) for act in acts}
    return {
        "batches": reverse("imports:batches"),
        "batch-add": reverse("imports:batch_add"),
        "batch-upload": f"{reverse('imports:batch_add')}?method=upload",
        "batch": batch.get_absolute_url(),
        **{f"batch-{act.replace('_', '-')}": path for act, path in pages.items()},
    }


def _import_pages(fleet: FleetImport) -> dict[str, str]:
    acts = ("apply", "discard", "stop", "resume")
    return {
        "imports": reverse("imports:imports"),
        "import-add": reverse("imports:import_add"),
        "import": fleet.get_absolute_url(),
        **{f"import-{act}": reverse(f"imports:import_{act}", args=[fleet.pk]) for act in acts},
    }


def _filter_pages(saved: SavedFilter) -> dict[str, str]:
    new = reverse("operators:new_filter")
    return {
        "filter-new": f"{new}?list=devices:list&query=state%3Donline",
        "filter-edit": reverse("operators:edit_filter", args=[saved.pk]),
        "filter-delete": reverse("operators:delete_filter", args=[saved.pk]),
    }


def _settings_pages() -> dict[str, str]:
    names = (
        *("phone", "authenticator", "backup_codes", "password", "preferences", "sessions"),
        *("accounts", "invite", "accept"),
    )
    return {
        **_account_pages(Operator.objects.get(username=INVITED).pk),
        **{f"settings-{name.replace('_', '-')}": reverse(f"operators:{name}") for name in names},
        "development-sms": reverse("operators:development_sms"),
    }


def _account_pages(key: int) -> dict[str, str]:
    names = (
        *("account", "role", "deactivate", "reactivate", "sign_out_everywhere"),
        *("renew_invitation", "cancel_invitation", "reset_second_factor"),
    )
    return {
        **{f"account-{name}": reverse(f"operators:{name}", args=[key]) for name in names},
        "account-products": reverse("products:grants", args=[key]),
    }


def _access_key_pages(key: AccessKey) -> dict[str, str]:
    acts = ("change", "enable", "disable", "delete")
    return {
        "access-keys": reverse("operators:access_keys"),
        "access-key-create": reverse("operators:create_access_key"),
        **{
            f"access-key-{act}": reverse(f"operators:{act}_access_key", args=[key.access_key_id])
            for act in acts
        },
    }


def url_names(
    patterns: list[URLPattern | URLResolver] | None = None, space: str = ""
) -> Iterator[str]:
    """The name of every URL of the site."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(each, URLResolver):
            inside = f"{each.namespace}:" if each.namespace else ""
            yield from url_names(each.url_patterns, space + inside)
        elif each.name:
            yield space + each.name
