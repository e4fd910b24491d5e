"""Forms of the sign-in and settings pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from operators.known_browser import sign_in_source
from operators.models import Operator
from operators.operations import passwords
from operators.operations.passwords import Source
from operators.preferences import time_zones


def _bootstrap(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        field.widget.attrs.setdefault("class", "form-control form-control-sm")


class SignInForm(AuthenticationForm):
    """Django's, with the tries counted."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("Username or password is wrong."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        _bootstrap(self)

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        source = sign_in_source(self.request, username) if self.request else Source(None)
        try:
            failure = self._tried(passwords.Attempt(username, source))
        except passwords.TooManyTriesError as error:
            raise ValidationError(error.text, code="throttled") from error
        if failure:
            raise failure
        return self.cleaned_data

    def _tried(self, attempt: passwords.Attempt) -> ValidationError | None:
        attempt.require_allowed()
        try:
            super().clean()
        except ValidationError as failure:
            attempt.settle(right=False)
            return failure
        attempt.settle(right=True)
        return None


class CurrentPasswordForm(forms.Form):
    """A signed-in browser left alone must not be enough to change what confirms dangerous acts."""

    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, operator: Operator, source: Source, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operator = operator
        self.source = source
        _bootstrap(self)

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        require_password(self.operator, password, self.source)
        return password


def require_password(operator: Operator, password: str, source: Source) -> None:
    """Raises ValidationError unless this is the operator's password and the tries allow it."""
    try:
        right = passwords.is_right(operator, password, source)
    except passwords.TooManyTriesError as error:
        raise ValidationError(error.text, code="throttled") from error
    if not right:
        raise ValidationError(_("This is not your password."), code="wrong")


class PhoneForm(CurrentPasswordForm):
    number = PhoneNumberField(
        label=_("Phone number"),
        help_text=_("With country code, such as +86 138 1234 1234. A code is sent to it."),
        error_messages={"invalid": _("Enter a phone number with its country code.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    field_order = ["number", "current_password"]


class PreferencesForm(forms.Form):
    """Empty means what the browser says."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Same as the browser")), *settings.LANGUAGES],
        widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
        help_text=_("Times are shown in it, with the exact UTC time on hover."),
    )

    def __init__(self, browser_zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(name, name) for name in time_zones()]
        detected = gettext("Same as the browser (%(zone)s)") % {"zone": browser_zone}
        browser = detected if browser_zone else gettext("Same as the browser")
        self.fields["time_zone"].choices = [("", browser), *zones]  # type: ignore[attr-defined]


class TotpCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code the authenticator shows"),
        max_length=12,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "pattern": "[0-9 ]*",
                "autofocus": True,
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _bootstrap(self)


class PasswordForm(PasswordChangeForm):
    """Django's, with the tries of the current password counted."""

    def __init__(self, user: Any, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.source = source
        _bootstrap(self)

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if isinstance(self.user, Operator):
            require_password(self.user, password, self.source)
        return password
