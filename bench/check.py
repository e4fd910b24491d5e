"""After a measurement: is every conversation that was counted in the database?

What is compared was committed before the device heard of it, or the figures are void.
"""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Max

from bench.conversation import Conversation, pushed
from devices.credentials import token_digest
from devices.models import ClientBinding, Device, Session
from logs.models import LogEntry, ServiceType
from products.models import Product

Answers = Sequence[tuple[Conversation, bytes]]
# Until the end of the last session is recorded.
_DRAIN_SECONDS = 30.0
# Names in one query.
_CHUNK = 5000


class CheckError(Exception):
    """The database does not hold what devices were told; the text says what is missing."""


class Check:
    """Made before the load; afterwards `drained` and then `everything`."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._since: int = LogEntry.objects.aggregate(last=Max("pk"))["last"] or 0

    def drained(self) -> None:
        """Wait until the end of each session is recorded, which belongs to its price."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while live_sessions(self._product):
            if time.monotonic() > deadline:
                raise CheckError("the ends of some sessions were never recorded")
            time.sleep(0.05)

    def require_live(self, count: int) -> None:
        """So many sessions are recorded as live."""
        if (live := live_sessions(self._product)) != count:
            raise CheckError(f"{count} devices are online, {live} in the database")

    def everything(self, answers: Answers) -> None:
        """Every answer is in the database, and the log has each exactly once."""
        registered = [pair for pair in answers if pair[0].topic]
        if registered:
            self._compare("registrations", ServiceType.REGISTRATION, registered)
            self.credentials(registered)
        if connected := [pair for pair in answers if not pair[0].topic]:
            self._compare("connections", ServiceType.DEVICE, connected)

    def _compare(self, what: str, service: ServiceType, answers: Answers) -> None:
        entries = LogEntry.objects.filter(
            pk__gt=self._since, product_key=self._product.product_key, service_type=service
        )
        good = entries.filter(code="200").exclude(operation="offline")
        logged = Counter(good.values_list("device_name", flat=True))
        answered = Counter(conversation.name for conversation, _ in answers)
        if logged != answered:
            raise CheckError(
                f"{answered.total()} {what} were answered, {logged.total()} are in the log, "
                f"{(answered & logged).total()} of them right"
            )

    def credentials(self, answers: Answers) -> None:
        for start in range(0, len(answers), _CHUNK):
            told = [_told(*pair, self._product) for pair in answers[start : start + _CHUNK]]
            tokens = [fields for fields in told if "deviceToken" in fields]
            self._compare_secrets([fields for fields in told if "deviceSecret" in fields])
            self._compare_tokens(tokens)

    def _compare_secrets(self, told: Sequence[Mapping[str, str]]) -> None:
        devices = Device.objects.filter(
            product=self._product,
            device_name__in=[fields["deviceName"] for fields in told],
            registered_at__isnull=False,
        )
        held = set(devices.values_list("device_name", "device_secret"))
        _require(((fields["deviceName"], fields["deviceSecret"]) for fields in told), held)

    def _compare_tokens(self, told: Sequence[Mapping[str, str]]) -> None:
        bindings = ClientBinding.objects.filter(
            client_id__in=[fields["clientId"] for fields in told],
            device__product=self._product,
            voided_at__isnull=True,
        )
        held = set(bindings.values_list("device__device_name", "client_id", "token_digest"))
        wanted = (
            (fields["deviceName"], fields["clientId"], token_digest(fields["deviceToken"]))
            for fields in told
        )
        _require(wanted, held)


def live_sessions(product: Product) -> int:
    return Session.objects.filter(product=product, ended_at__isnull=True).count()


def _told(conversation: Conversation, answer: bytes, product: Product) -> Mapping[str, str]:
    fields: Mapping[str, str] = json.loads(pushed(answer, conversation))
    who = (fields["productKey"], fields["deviceName"])
    if who != (product.product_key, conversation.name):
        raise CheckError("a device was sent what belongs to another")
    return fields


def _require(wanted: Iterable[tuple[str, ...]], held: Collection[tuple[str, ...]]) -> None:
    missing = sum(credential not in held for credential in wanted)
    if missing:
        raise CheckError(f"{missing} credentials that devices were sent are not in the database")
