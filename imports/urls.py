from django.urls import include, path

from imports import batch_download_views, batch_views, fleet_views

app_name = "imports"

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

urlpatterns = [
    path("batches/", include(batches)),
    path("imports/", include(imports)),
]
