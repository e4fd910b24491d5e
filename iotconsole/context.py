"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, object]:
    return {"environment_name": settings.ENVIRONMENT_NAME}
