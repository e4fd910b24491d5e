"""Accounts are made from the shell."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_noop

from common.crypto.identifiers import alphanumeric
from operators.actor import SHELL
from operators.models import Operator, Role
from operators.operations import audit

FIRST = "admin"
# 20 of 62 characters: 119 bits.
_PASSWORD_LENGTH = 20


def random_password() -> str:
    return alphanumeric(_PASSWORD_LENGTH)


def role_words(role: Role) -> str:
    """The role in English, for the audit trail."""
    with translation.override(None):
        return str(role.label)


def create(username: str, role: Role, password: str) -> Operator:
    """A new account; raises ValidationError for a bad name or password, or a name taken."""
    operator = Operator(username=username, role=role)
    validate_password(password, operator)
    operator.set_password(password)
    operator.full_clean()
    with transaction.atomic():
        operator.save()
        summary, words = (
            gettext_noop("Created the account, role %(role)s"),
            {"words": role_words(role)},
        )
        audit.record(SHELL, "operator.create", operator.target, summary, role=words)
    return operator


def ensure_first() -> str | None:
    """The password of the operator `admin`, made now, or None when there are accounts already."""
    if Operator.objects.exists():
        return None
    password = random_password()
    create(FIRST, Role.ADMIN, password)
    return password
