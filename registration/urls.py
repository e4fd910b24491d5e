from django.urls import path

from registration import views

app_name = "registration"

urlpatterns = [
    path(
        "<str:product_key>/dynamic-registration/",
        views.dynamic_registration,
        name="dynamic_registration",
    ),
]
