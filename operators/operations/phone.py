"""A number becomes an operator's only after a code sent to it has come back."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from operators.confirmation import PHONE_VERIFY, Confirmed
from operators.digests import mask
from operators.models import AuditEntry, Operator, SmsDevice
from operators.operations import audit


def set_phone(confirmed: Confirmed) -> AuditEntry:
    """Make the confirmed number the one that codes for this operator go to."""
    operator = confirmed.actor.operator
    if operator is None or confirmed.purpose.act != PHONE_VERIFY:
        raise ValueError("this confirms something else")
    number = PhoneNumber.from_string(confirmed.purpose.target.removeprefix("phone/"))
    with transaction.atomic():
        Operator.objects.filter(pk=operator.pk).update(
            phone=number, phone_verified_at=timezone.now()
        )
        devices = SmsDevice.objects.filter(user=operator)
        devices.update(confirmed=False)
        devices.filter(line__number=number).update(confirmed=True)
        summary = gettext_noop("Phone %(number)s verified")
        target, facts = operator.target, {"number": mask(number)}
        return audit.record(confirmed.actor, PHONE_VERIFY, target, summary, **facts)
