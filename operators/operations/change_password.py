"""Changing the own password."""

from django.db import transaction
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_variables

from operators.actor import Actor
from operators.models import AuditEntry, Operator
from operators.operations import audit, second_factor
from operators.operations.second_factor import StepUp


@sensitive_variables("password")
def change_password(
    actor: Actor, operator: Operator, password: str, step_up: StepUp | None
) -> AuditEntry:
    """Set a validated password; all sessions of the account end with the old one.

    With a second factor it takes proof of one: a stolen password does not lock its owner out.
    Raises FactorNeededError.
    """
    with transaction.atomic():
        account = second_factor.locked(operator, step_up)
        account.set_password(password)
        account.save(update_fields=["password"])
        summary = gettext_noop("Changed the password")
        entry = audit.record(actor, "password.change", account.target, summary)
    second_factor.notify(actor, account, entry)
    return entry
