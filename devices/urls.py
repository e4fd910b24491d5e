from django.urls import path

from devices import act_views, bulk_views, views, watch_views

app_name = "devices"

# A ProductKey is 11 alphanumerics on the platform, so the fixed words in front collide with none.
urlpatterns = [
    path("", views.device_list, name="list"),
    path("new/", views.add, name="add"),
    path("states/", views.states, name="states"),
    path("matching/", bulk_views.count, name="bulk_count"),
    path("bulk-<slug:act>/", bulk_views.bulk, name="bulk"),
    path("bulk-<slug:act>/undo/", bulk_views.undo, name="undo_bulk"),
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
