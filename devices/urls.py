from django.urls import include, path

from devices import (
    act_views,
    batch_download_views,
    batch_views,
    bulk_views,
    fleet_views,
    views,
    watch_views,
)

app_name = "devices"

batches = [
    path("", batch_views.batch_list, name="batches"),
    path("new/", batch_views.batch_add, name="batch_add"),
    path("devices.csv", batch_download_views.csv_template, name="batch_csv_template"),
    path("devices.xlsx", batch_download_views.xlsx_template, name="batch_xlsx_template"),
    path("<int:key>/", batch_views.batch, name="batch"),
    path("<int:key>/add/", batch_views.add_checked, name="batch_add_checked"),
    path("<int:key>/discard/", batch_views.discard, name="batch_discard"),
    path("<int:key>/stop/", batch_views.stop, name="batch_stop"),
    path("<int:key>/resume/", batch_views.resume, name="batch_resume"),
    path("<int:key>/report.csv", batch_download_views.report, name="batch_report"),
    path("<int:key>/credentials/", batch_download_views.credentials, name="batch_credentials"),
    path("<int:key>/parameters/", batch_download_views.parameters, name="batch_parameters"),
    path("<int:key>/labels/", batch_download_views.labels, name="batch_labels"),
    path(
        "<int:key>/labels/secret/", batch_download_views.secret_labels, name="batch_secret_labels"
    ),
]

imports = [
    path("", fleet_views.import_list, name="imports"),
    path("new/", fleet_views.import_add, name="import_add"),
    path("<int:key>/", fleet_views.fleet_import, name="fleet_import"),
    path("<int:key>/apply/", fleet_views.apply, name="import_apply"),
    path("<int:key>/discard/", fleet_views.discard, name="import_discard"),
    path("<int:key>/stop/", fleet_views.stop, name="import_stop"),
    path("<int:key>/resume/", fleet_views.resume, name="import_resume"),
    path("<int:key>/report.csv", fleet_views.report, name="import_report"),
]

# A ProductKey is 11 alphanumerics on the platform, so the fixed words in front collide with none.
urlpatterns = [
    path("", views.device_list, name="list"),
    path("new/", views.add, name="add"),
    path("states/", views.states, name="states"),
    path("matching/", bulk_views.count, name="bulk_count"),
    path("bulk-<slug:act>/", bulk_views.bulk, name="bulk"),
    path("bulk-<slug:act>/undo/", bulk_views.undo, name="undo_bulk"),
    path("batches/", include(batches)),
    path("imports/", include(imports)),
    path("watch/<str:product_key>/", watch_views.watch, name="watch"),
    path("<str:product_key>/<str:device_name>/", views.details, name="details"),
    path("<str:product_key>/<str:device_name>/secret/", views.secret, name="secret"),
    path("<str:product_key>/<str:device_name>/parameters/", views.parameters, name="parameters"),
    path("<str:product_key>/<str:device_name>/switch/", act_views.switch, name="switch"),
    path("<str:product_key>/<str:device_name>/clear/", act_views.clear, name="clear"),
    path("<str:product_key>/<str:device_name>/allow/", act_views.allow, name="allow"),
    path("<str:product_key>/<str:device_name>/alias/", act_views.alias, name="alias"),
    path("<str:product_key>/<str:device_name>/reset/", act_views.reset, name="reset"),
    path("<str:product_key>/<str:device_name>/disable/", act_views.disable, name="disable"),
    path("<str:product_key>/<str:device_name>/enable/", act_views.enable, name="enable"),
    path("<str:product_key>/<str:device_name>/delete/", act_views.delete, name="delete"),
    path("<str:product_key>/<str:device_name>/<slug:tab>/", views.details, name="details"),
]
