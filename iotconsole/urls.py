from django.urls import URLPattern, URLResolver, include, path

from iotconsole.overview import hide_first_steps, overview
from iotconsole.search import search
from products.views import ca_certificate

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview, name="overview"),
    path("first-steps/hide/", hide_first_steps, name="hide_first_steps"),
    path("search/", search, name="search"),
    path("ca.pem", ca_certificate, name="ca_certificate"),
    path("products/", include("registration.urls")),
    path("products/", include("products.urls")),
    path("devices/jobs/", include("jobs.urls")),
    path("devices/", include("imports.urls")),
    path("devices/", include("devices.urls")),
    path("findings/", include("findings.urls")),
    path("logs/", include("logs.urls")),
    path("", include("operators.urls")),
]

handler400 = "iotconsole.views.bad_request"
handler403 = "iotconsole.views.forbidden"
handler404 = "iotconsole.views.not_found"
handler500 = "iotconsole.views.server_error"
