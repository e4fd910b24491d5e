"""Backup codes: ten, each good once, for when phone and authenticator are out of reach."""

import secrets

from django.db import transaction
from django.utils.translation import gettext_noop

from operators.actor import Actor
from operators.models import BackupCode, BackupCodeDevice, Operator
from operators.operations import audit, second_factor
from operators.operations.second_factor import StepUp

COUNT = 10
# 32 characters that are not mistaken for each other on paper: no i, l, o, u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKALIKES = str.maketrans("ilo", "110")
_LENGTH = 10  # 50 bits
_MADE = gettext_noop("Created %(count)s backup codes")


def normalised(typed: str) -> str:
    """The code as it was made: lower case, without separators, look-alikes resolved."""
    return "".join(typed.lower().split()).replace("-", "").translate(_LOOKALIKES)


def _new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def renew(actor: Actor, operator: Operator, step_up: StepUp | None) -> list[str]:
    """Replace the operator's codes; the new ones, as `xxxxx-xxxxx`, can be seen only now.

    Raises FactorNeededError.
    """
    codes = [_new() for _ in range(COUNT)]
    with transaction.atomic():
        account = second_factor.locked(operator, step_up)
        device, _ = BackupCodeDevice.objects.get_or_create(
            user=operator, defaults={"name": "Backup codes"}
        )
        device.codes.all().delete()
        BackupCode.objects.bulk_create(
            BackupCode(device=device, digest=device.digest(code)) for code in codes
        )
        second_factor.changed(account)
        entry = audit.record(actor, "backup_codes.renew", operator.target, _MADE, count=COUNT)
    second_factor.notify(actor, account, entry)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def left(operator: Operator) -> int:
    """How many have not been used."""
    return BackupCode.objects.filter(device__user=operator, used_at=None).count()
