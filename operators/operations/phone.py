"""A number becomes an operator's only after a code sent to it has come back."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from operators.confirmation import Confirmed
from operators.keyed_digests import mask
from operators.models import AuditEntry, Operator, SmsDevice
from operators.operations import audit, second_factor
from operators.operations.second_factor import StepUp
from operators.purposes import PHONE_VERIFY


def set_phone(confirmed: Confirmed, step_up: StepUp | None) -> AuditEntry:
    """Make the confirmed number the one that codes for this operator go to.

    `confirmed` proves that the number is reached. Where a factor exists, `step_up` proves that its
    owner is there. Raises FactorNeededError.
    """
    operator = confirmed.actor.operator
    if operator is None or confirmed.purpose.act != PHONE_VERIFY:
        raise ValueError("this confirms something else")
    number = PhoneNumber.from_string(confirmed.purpose.target.removeprefix("phone/"))
    with transaction.atomic():
        before = second_factor.locked(operator, step_up)
        _put_number(before, number)
        second_factor.changed(before)
        entry = _note(confirmed, before, number)
    second_factor.notify(confirmed.actor, before, entry)
    return entry


def _put_number(account: Operator, number: PhoneNumber) -> None:
    verified = {"phone": number, "phone_verified_at": timezone.now()}
    Operator.objects.filter(pk=account.pk).update(**verified)
    devices = SmsDevice.objects.filter(user=account)
    devices.update(confirmed=False)
    devices.filter(line__number=number).update(confirmed=True)


def _note(confirmed: Confirmed, before: Operator, number: PhoneNumber) -> AuditEntry:
    facts = {"number": mask(number)}
    summary = gettext_noop("Verified phone %(number)s")
    if before.masked_phone:
        facts["old"] = before.masked_phone
        summary = gettext_noop("Verified phone %(number)s, replacing %(old)s")
    return audit.record(confirmed.actor, PHONE_VERIFY, before.target, summary, **facts)
