from django.urls import path

from devices import finding_views

app_name = "findings"

urlpatterns = [
    path("", finding_views.finding_list, name="list"),
    path("count/", finding_views.count, name="count"),
    path("<int:pk>/", finding_views.details, name="details"),
    path("<int:pk>/dismiss/", finding_views.dismiss, name="dismiss"),
    path("<int:pk>/reopen/", finding_views.reopen, name="reopen"),
]
