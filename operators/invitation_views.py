"""Where an invited person sets name and password."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from common.web.forms import attempt, posted, safe_or_post
from operators.account_forms import AcceptForm
from operators.operations import invitations
from operators.permissions import client_address


@sensitive_post_parameters()
@never_cache
@login_not_required
@safe_or_post
def accept(request: HttpRequest) -> HttpResponse:
    """The code is in the link behind the #; a script puts it into the form, or one copies it."""
    form = AcceptForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        address = client_address(request)
        account = attempt(
            form, lambda: invitations.accept(data["code"], data["name"], data["password"], address)
        )
        if account:
            done = _("Your account is ready: sign in as %(name)s.") % {"name": account.username}
            messages.success(request, done)
            return redirect("operators:sign_in")
    status = 422 if form.is_bound else 200
    return render(request, "operators/accept.html", {"form": form}, status=status)
