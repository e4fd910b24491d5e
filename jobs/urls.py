from django.urls import path

from jobs import views

app_name = "jobs"

urlpatterns = [
    path("<int:key>/", views.job, name="details"),
    path("<int:key>/undo/", views.undo, name="undo"),
    path("<int:key>/cancel/", views.cancel, name="cancel"),
]
