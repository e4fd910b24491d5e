from django.urls import path

from registration import leak_views, secret_views, views

app_name = "registration"

urlpatterns = [
    path(
        "<str:product_key>/dynamic-registration/",
        views.dynamic_registration,
        name="dynamic_registration",
    ),
    path("<str:product_key>/rotate-secret/", secret_views.rotate, name="rotate"),
    path("<str:product_key>/end-overlap/", secret_views.finish_overlap, name="end_overlap"),
    path("<str:product_key>/secret-leaked/", leak_views.leaked, name="leaked"),
    path("<str:product_key>/secret-leaked/stop/", leak_views.stop, name="stop_leak"),
    path("<str:product_key>/secret-leaked/export/", leak_views.export, name="export_leak"),
]
