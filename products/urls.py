from django.urls import path

from products import grant_views, views

app_name = "products"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("new/", views.create, name="create"),
    # A ProductKey is 11 alphanumerics on the platform, so this collides with none.
    path("access/<int:key>/", grant_views.grants, name="grants"),
    path("<str:product_key>/edit/", views.edit, name="edit"),
    path("<str:product_key>/secret/", views.secret, name="secret"),
    path("<str:product_key>/publish/", views.publish, name="publish"),
    path("<str:product_key>/delete/", views.delete, name="delete"),
    path("<str:product_key>/", views.details, name="details"),
    path("<str:product_key>/<slug:tab>/", views.details, name="details"),
]
