from django.urls import path

from devices import log_views

app_name = "logs"

urlpatterns = [
    path("", log_views.log_list, name="list"),
    path("new/", log_views.new_entries, name="new"),
    path("trace/<str:trace_id>/", log_views.story, name="story"),
    path("export/", log_views.export, name="export"),
]
