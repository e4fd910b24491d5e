"""Context of every page."""

from django.conf import settings
from django.http import HttpRequest

from common.web.request_id import trace_of


def console(request: HttpRequest) -> dict[str, object]:
    return {"environment_name": settings.ENVIRONMENT_NAME, "trace_id": trace_of(request)}
