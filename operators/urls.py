from django.urls import path

from operators import (
    access_key_views,
    account_views,
    audit_views,
    filter_views,
    invitation_views,
    preference_views,
    session_views,
    settings_views,
    views,
)

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
    path("invitation/", invitation_views.accept, name="accept"),
    path("settings/sessions/", session_views.sessions, name="sessions"),
    path("settings/sessions/end-others/", session_views.end_others, name="end_other_sessions"),
    path("settings/sessions/<int:session>/end/", session_views.end, name="end_session"),
    path("settings/accounts/", account_views.account_list, name="accounts"),
    path("settings/accounts/invite/", account_views.invite, name="invite"),
    path("settings/accounts/<int:key>/", account_views.account, name="account"),
    path("settings/accounts/<int:key>/role/", account_views.role, name="role"),
    path("settings/accounts/<int:key>/deactivate/", account_views.deactivate, name="deactivate"),
    path("settings/accounts/<int:key>/reactivate/", account_views.reactivate, name="reactivate"),
    path(
        "settings/accounts/<int:key>/sign-out/",
        account_views.sign_out_everywhere,
        name="sign_out_everywhere",
    ),
    path(
        "settings/accounts/<int:key>/sessions/<int:session>/end/",
        session_views.end_of_account,
        name="end_session_of",
    ),
    path("settings/accounts/<int:key>/renew/", account_views.renew, name="renew_invitation"),
    path("settings/accounts/<int:key>/cancel/", account_views.cancel, name="cancel_invitation"),
    path("settings/access-keys/", access_key_views.access_key_list, name="access_keys"),
    path("settings/access-keys/new/", access_key_views.create, name="create_access_key"),
    path(
        "settings/access-keys/<str:access_key_id>/change/",
        access_key_views.change,
        name="change_access_key",
    ),
    path(
        "settings/access-keys/<str:access_key_id>/enable/",
        access_key_views.enable,
        name="enable_access_key",
    ),
    path(
        "settings/access-keys/<str:access_key_id>/disable/",
        access_key_views.disable,
        name="disable_access_key",
    ),
    path(
        "settings/access-keys/<str:access_key_id>/delete/",
        access_key_views.delete,
        name="delete_access_key",
    ),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/export/", audit_views.export, name="export_audit"),
    path("development/sms/", views.development_sms, name="development_sms"),
]
