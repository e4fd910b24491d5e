from django.urls import path

from logs import views

app_name = "logs"

urlpatterns = [
    path("", views.log_list, name="list"),
    path("new/", views.new_entries, name="new"),
    path("trace/<str:trace_id>/", views.story, name="story"),
    path("export/", views.export, name="export"),
]
