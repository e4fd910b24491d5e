from django.urls import path

from findings import views

app_name = "findings"

urlpatterns = [
    path("", views.finding_list, name="list"),
    path("count/", views.count, name="count"),
    path("<int:pk>/", views.details, name="details"),
    path("<int:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("<int:pk>/reopen/", views.reopen, name="reopen"),
]
