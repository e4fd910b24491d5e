"""All pages, and a view of "another app" that uses the dialog."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from operators.confirmation import Confirmed
from operators.confirmation_views import handle
from operators.permissions import operator_required
from tests.operators.people import TURN_ON


@operator_required
def turn(request: HttpRequest, wished: str) -> HttpResponse:
    purpose = replace(TURN_ON, wished=wished, sentence=f"turn {wished} <b>lamp</b>")

    def apply(confirmed: Confirmed) -> HttpResponse:
        return HttpResponse(f"{confirmed.purpose.wished} by {confirmed.actor}")

    return handle(request, purpose, apply, template="operators/_confirm.html")


urlpatterns = [
    path("turn/<str:wished>/", turn),
    path("", include("iotconsole.urls")),
]
