"""Downloads of a batch: files and printed labels."""

from collections.abc import Callable, Iterator
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.sql.paging import key_in
from common.web.downloads import csv_download
from common.web.htmx import DIALOG, render_page
from devices.models import Device
from imports.access import batch_or_404
from imports.batch_forms import LabelForm
from imports.batches.report import report_lines
from imports.batches.templates import blank_rows, blank_workbook
from imports.labels import SHEETS, SIZES, labels_of, sheets
from imports.models import DeviceBatch
from imports.operations.export import export_credentials, export_parameters, note_export
from operators.actor import Actor
from operators.guards import dangerous_act, reveals
from operators.permissions import actor_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def csv_template(_request: HttpRequest) -> HttpResponseBase:
    return csv_download("devices.csv", blank_rows(), for_people=True)


@require_safe
def xlsx_template(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(blank_workbook(), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="devices.xlsx"'
    return response


@require_safe
def report(request: HttpRequest, key: int) -> HttpResponseBase:
    """The rows that cannot be added; put right, it is uploaded again as it is."""
    shown = batch_or_404(request, key)
    return csv_download(f"batch-{key}-to-fix.csv", report_lines(shown), for_people=True)


@never_cache
@dangerous_act(gettext_noop("download the credentials of batch %(key)s"))
def credentials(request: HttpRequest, key: int) -> HttpResponse:
    """DownloadCSV: GET asks, POST sends the file."""
    shown = batch_or_404(request, key, change=True)
    title = _("Download the credentials of batch %(batch)s") % {"batch": key}
    columns = "ProductKey, DeviceName, DeviceSecret, IotId"
    return _export(request, shown, title, columns, "credentials", export_credentials)


@never_cache
@dangerous_act(gettext_noop("download the MQTT connection parameters of batch %(key)s"))
def parameters(request: HttpRequest, key: int) -> HttpResponse:
    shown = batch_or_404(request, key, change=True)
    title = _("Download the MQTT connection parameters of batch %(batch)s") % {"batch": key}
    columns = "DeviceName, clientId, username, passwd, mqttHostUrl, port"
    return _export(request, shown, title, columns, "mqtt", export_parameters)


def _export(
    request: HttpRequest,
    shown: DeviceBatch,
    title: str,
    columns: str,
    word: str,
    export: Callable[[Actor, int], Iterator[tuple[str, ...]]],
) -> HttpResponse:
    if request.method == "POST":
        rows = export(actor_of(request), shown.pk)
        sent = csv_download(f"batch-{shown.pk}-{word}.csv", rows, for_people=False)
        # To its guards a view is what returns an HttpResponse; they look at no part of it.
        return cast("HttpResponse", sent)
    context = {"batch": shown, "title": title, "columns": columns, "count": shown.devices.count()}
    return render_page(request, "imports/batch_export.html", context, regions=(DIALOG,))


@require_safe
def labels(request: HttpRequest, key: int) -> HttpResponse:
    """Sheets to print, with the DeviceName alone."""
    return _labels(request, batch_or_404(request, key))


@reveals(gettext_noop("print the DeviceSecrets of batch %(key)s"))
def secret_labels(request: HttpRequest, key: int) -> HttpResponse:
    """The same with the DeviceSecret, in letters and in the QR code."""
    return _labels(request, batch_or_404(request, key, change=True), with_secrets=True)


def _labels(
    request: HttpRequest, shown: DeviceBatch, *, with_secrets: bool = False
) -> HttpResponse:
    params = request.POST if with_secrets else request.GET
    form = LabelForm(SIZES, params if "per" in params else None, initial={"per": 24, "start": 1})
    chosen = form.cleaned_data if form.is_valid() else {}
    per = chosen.get("per") or 24
    start = min(chosen.get("start") or 1, per)
    devices = _page(shown, key_in(params.get("after")) or 0, per * SHEETS - (start - 1))
    more = devices[per * SHEETS - (start - 1) :]
    devices = devices[: per * SHEETS - (start - 1)]
    if with_secrets:
        note_export(actor_of(request), shown.pk, "labels", len(devices))
    context = {
        "batch": shown,
        "form": form,
        "per": per,
        "sheets": sheets(list(labels_of(devices, with_secrets=with_secrets)), per, start),
        "count": len(devices),
        "next": devices[-1].pk if more else None,
        "after": params.get("after", ""),
        "start": start,
        "with_secrets": with_secrets,
    }
    return render_page(request, "imports/batch_labels.html", context)


def _page(shown: DeviceBatch, after: int, count: int) -> list[Device]:
    """`count` devices in the order of the list, and one more if there is."""
    devices = shown.devices.select_related("product").filter(pk__gt=after)
    return list(devices.order_by("pk")[: count + 1])
