from django.urls import path

from operators import audit_views, filter_views, preference_views, settings_views, views

app_name = "operators"

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("settings/", settings_views.settings_page, name="settings"),
    path("language/", preference_views.language, name="language"),
    path("settings/preferences/", preference_views.preferences, name="preferences"),
    path("settings/phone/", settings_views.phone, name="phone"),
    path("settings/phone/verify/", settings_views.verify_phone, name="verify_phone"),
    path("settings/authenticator/", settings_views.authenticator, name="authenticator"),
    path("settings/backup-codes/", settings_views.backup_codes, name="backup_codes"),
    path("settings/password/", settings_views.Password.as_view(), name="password"),
    path("filters/new/", filter_views.new, name="new_filter"),
    path("filters/<int:key>/", filter_views.edit, name="edit_filter"),
    path("filters/<int:key>/delete/", filter_views.delete, name="delete_filter"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/export/", audit_views.export, name="export_audit"),
    path("development/sms/", views.development_sms, name="development_sms"),
]
