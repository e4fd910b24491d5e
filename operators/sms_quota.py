"""How often a code may be sent: the ledger of messages, counted per operator and per number.

The numbers are those of the platform's own SMS gateway (per minute, hour and day, all rolling).
A message counts from the moment the provider is asked. It is taken back only when the provider has
definitely refused it: after a time-out, a lost connection, or the end of this process it may have
been delivered. Notices are counted apart from codes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from phonenumber_field.phonenumber import PhoneNumber

from common.text.stored_messages import translated
from operators.errors import ConfirmationError, words_for
from operators.models import Operator, SmsDevice, SmsLine, SmsSend


@dataclass(frozen=True, slots=True)
class Limit:
    count: int
    window: timedelta
    reason: str  # in English; "" where the wait alone says it


LIMITS = (
    Limit(1, timedelta(seconds=SmsDevice.COOLDOWN_SECONDS), ""),
    Limit(5, timedelta(hours=1), _("5 codes were sent in the last hour.")),
    Limit(10, timedelta(days=1), _("10 codes were sent in the last 24 hours.")),
)
# Without a pause between two: a notice follows its change at once.
NOTICE_LIMITS = (Limit(5, timedelta(hours=1), ""), Limit(10, timedelta(days=1), ""))
_MEMORY = max(limit.window for limit in LIMITS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no code can be sent now, and when one can."""

    reason_id: str
    until: datetime

    @property
    def reason(self) -> str:
        """In the language of whoever asks; empty where the wait alone says it."""
        return translated(self.reason_id)

    def error(self, now: datetime) -> ConfirmationError:
        wait = self.until - now
        when = gettext("Another can be sent in %(wait)s.") % {"wait": words_for(wait)}
        return ConfirmationError(f"{self.reason} {when}".strip(), retry_after=wait)


def refusal(operator: Operator, number: PhoneNumber, now: datetime) -> Refusal | None:
    """The limit that holds the longest, or None when a code may be sent at `now`."""
    found = [*_limits_reached(operator, number, now), *_device_refusals(operator, number)]
    return max(found, key=lambda each: each.until, default=None)


def _limits_reached(
    operator: Operator, number: PhoneNumber, now: datetime, *, notice: bool = False
) -> list[Refusal]:
    """Those of the operator and those of the number, whoever it is used by."""
    recent = SmsSend.objects.filter(
        Q(operator=operator) | Q(line__number=number), at__gt=now - _MEMORY, notice=notice
    ).values_list("operator_id", "line__number", "at")
    of_operator = [at for owner, _, at in recent if owner == operator.pk]
    of_number = [at for _, line, at in recent if line == number]
    limits = NOTICE_LIMITS if notice else LIMITS
    return [*_reached(limits, of_operator, now), *_reached(limits, of_number, now)]


def _reached(limits: tuple[Limit, ...], times: list[datetime], now: datetime) -> list[Refusal]:
    newest_first = sorted(times, reverse=True)
    refusals = []
    for limit in limits:
        # The message that has to grow older than the window before another fits into it.
        oldest = newest_first[limit.count - 1 : limit.count]
        if oldest and oldest[0] + limit.window > now:
            refusals.append(Refusal(limit.reason, oldest[0] + limit.window))
    return refusals


def _device_refusals(operator: Operator, number: PhoneNumber) -> list[Refusal]:
    """After codes were guessed away: no code is sent that could not be tried."""
    device = SmsDevice.objects.filter(user=operator, line__number=number).first()
    if device is None:
        return []
    allowed, why = device.verify_is_allowed()
    if not allowed:
        return [Refusal(_("Too many wrong codes."), why["locked_until"])]
    allowed, why = device.generate_is_allowed()
    return [] if allowed else [Refusal("", why["next_generation_at"])]


def reserve(operator: Operator, number: PhoneNumber) -> SmsSend:
    """Enter one message in the ledger; raises ConfirmationError when a limit is reached.

    Operator and number stay locked while they are counted, in this order, so that two sends at
    once cannot both be the last one allowed. The commit comes before the network.
    """
    with transaction.atomic(durable=True):
        line, now = _locked_line(operator, number), timezone.now()
        refused = refusal(operator, number, now)
        if refused:
            raise refused.error(now)
        return _enter(operator, line, now)


def reserve_notice(operator: Operator, number: PhoneNumber) -> SmsSend | None:
    """Enter one notice in the ledger, or None when a limit of notices is reached."""
    with transaction.atomic(durable=True):
        line, now = _locked_line(operator, number), timezone.now()
        if _limits_reached(operator, number, now, notice=True):
            return None
        return _enter(operator, line, now, notice=True)


def _enter(operator: Operator, line: SmsLine, now: datetime, *, notice: bool = False) -> SmsSend:
    SmsSend.objects.filter(operator=operator, at__lte=now - _MEMORY).delete()
    return SmsSend.objects.create(operator=operator, line=line, at=now, notice=notice)


def _locked_line(operator: Operator, number: PhoneNumber) -> SmsLine:
    Operator.objects.select_for_update(of=("self",), no_key=True).get(pk=operator.pk)
    line, _ = SmsLine.objects.get_or_create(number=number)
    return SmsLine.objects.select_for_update(of=("self",), no_key=True).get(pk=line.pk)


def release(reserved: SmsSend) -> None:
    """Take back a message the provider has definitely refused."""
    reserved.delete()
