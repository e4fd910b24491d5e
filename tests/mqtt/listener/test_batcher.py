"""The batcher without sockets: what shares a transaction, and what a failure costs whom."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from devices.models import ClientBinding, Device, Session
from devices.operations.authenticate import Admitted
from devices.operations.refusal import Refused
from devices.operations.sessions import SessionEnd
from logs.models import LogEntry, ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from mqtt.listener.batch_window import Crowd
from mqtt.listener.batcher import MAX_ATTEMPTS, Batcher, Job, Perform
from mqtt.listener.dispatch import Outcome, Request, perform
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.register import SecretIssued
from tests.clients.running import eventually
from tests.factories import (
    LISTENER,
    connect_by_secret,
    make_device,
    make_product,
    registration,
    signed_connection,
)

pytestmark = pytest.mark.django_db(transaction=True)
FAILED = Refused(Reason.SERVER_ERROR)


def event(operation: str = "online") -> log_writer.Event:
    return log_writer.Event(
        service_type=ServiceType.DEVICE,
        operation=operation,
        reason=Reason.TOPIC_DENIED,
        trace_id="t",
    )


class Gatekeeper:
    """Runs batches only while open, and notes what each held."""

    def __init__(self, run: Perform = perform) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        self.batches: list[list[Request]] = []
        self._run = run

    def __call__(self, requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        self.batches.append(list(requests))
        self.reached.set()
        assert self.open.wait(60)
        return self._run(requests, now)


@asynccontextmanager
async def running(**options: object) -> AsyncIterator[Batcher]:
    batcher = Batcher(asyncio.get_running_loop(), **options)  # type: ignore[arg-type]
    batcher.start()
    try:
        yield batcher
    finally:
        assert await batcher.stop(10)


def asked(batcher: Batcher, request: Request) -> "asyncio.Future[Outcome]":
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    assert batcher.submit(request, future.set_result) is not None
    return future


async def answers(batcher: Batcher, *requests: Request) -> list[Outcome]:
    return list(await asyncio.wait_for(asyncio.gather(*[asked(batcher, r) for r in requests]), 20))


def outcomes_of(*requests: Request, run: Perform = perform) -> list[Outcome]:
    async def story() -> list[Outcome]:
        async with running(run=run) as batcher:
            return await answers(batcher, *requests)

    return asyncio.run(story())


def within_the_batcher(
    gate: Gatekeeper, story: Callable[[Batcher], Awaitable[None]], **options: object
) -> None:
    """Run `story` while the worker is held with a first record; it opens the gate."""

    async def told() -> None:
        async with running(run=gate, **options) as batcher:
            batcher.record(event("first"))
            assert await asyncio.to_thread(gate.reached.wait, 10)
            await story(batcher)

    asyncio.run(told())


def test_every_kind_gets_its_own_answer() -> None:
    device = make_device(make_product(), "lamp-0001")
    product = device.product
    outcomes = outcomes_of(
        registration(product, "lamp-0001", RegistrationMode.REGISTER),
        registration(product, "sim-00001", RegistrationMode.REGNWL),
        registration(product, "sim-00001", RegistrationMode.REGNWL, key="not the secret"),
        signed_connection(product.product_key, "lamp-0001", device.device_secret),
    )
    assert outcomes[0] == SecretIssued(device.device_secret)
    assert isinstance(outcomes[1], ClientIdIssued)
    assert outcomes[2] == Refused(Reason.BAD_SIGNATURE)
    assert outcomes[3] == Admitted(device.pk)


class NotedCrowd(Crowd):
    """Notes how many came each time."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[int] = []

    def came(self, count: int) -> None:
        self.noted.append(count)


def test_a_crowd_is_made_by_good_credentials_alone() -> None:
    """Or strangers could have everybody wait for company."""
    product, gate, crowd = make_product(), Gatekeeper(), NotedCrowd()

    async def story(batcher: Batcher) -> None:
        good = [registration(product, f"sim-{n:05}") for n in range(3)]
        bad = [registration(product, f"sim-{n:05}", key="not the secret") for n in range(60)]
        waiting = [asked(batcher, one) for one in (*bad, *good)]
        gate.open.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 20)

    within_the_batcher(gate, story, crowd=crowd)
    assert crowd.noted == [0, 3]


def test_what_waits_is_done_in_one_transaction() -> None:
    product, gate = make_product(), Gatekeeper()

    async def story(batcher: Batcher) -> None:
        waiting = [asked(batcher, registration(product, f"sim-{n:05}")) for n in range(150)]
        gate.open.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 20)

    within_the_batcher(gate, story)
    assert [len(batch) for batch in gate.batches] == [1, 150]
    assert ClientBinding.objects.count() == 150


def test_a_batch_takes_no_more_than_its_limit() -> None:
    gate = Gatekeeper()

    async def story(batcher: Batcher) -> None:
        for _ in range(450):
            batcher.record(event())
        gate.open.set()

    within_the_batcher(gate, story)
    assert [len(batch) for batch in gate.batches] == [1, 200, 200, 50]
    assert LogEntry.objects.count() == 451


def test_the_answer_comes_after_the_commit() -> None:
    device = make_device(make_product(), "lamp-0001")
    seen: list[int] = []

    async def story() -> None:
        async with running() as batcher:
            request = signed_connection(
                device.product.product_key, "lamp-0001", device.device_secret
            )
            assert await answers(batcher, request) == [Admitted(device.pk)]
            seen.append(await asyncio.to_thread(count, Session))

    asyncio.run(story())
    assert seen == [1]


def count(model: type[Model]) -> int:
    """To be called in a thread of its own, whose connection sees only what is committed."""
    try:
        return model._default_manager.count()
    finally:
        connection.close()


def test_a_request_that_raises_fails_alone() -> None:
    product = make_product()
    poison = registration(product, "sim-poison")

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        if poison in requests:
            raise ValueError("a secret value")
        return perform(requests, now)

    requests = [registration(product, f"sim-{n:05}") for n in range(5)]
    outcomes = outcomes_of(*requests[:2], poison, *requests[2:], run=run)
    assert outcomes[2] == FAILED
    assert all(isinstance(outcome, ClientIdIssued) for outcome in outcomes[:2] + outcomes[3:])
    assert ClientBinding.objects.count() == 5


def test_a_commit_that_fails_leaves_nothing_and_takes_nobody_with_it() -> None:
    product = make_product()
    poison = registration(product, "sim-poison")

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        with transaction.atomic():
            outcomes = perform(requests, now)
            if poison in requests:
                # A device that does not exist is found out at the commit, on both databases.
                Session.objects.create(
                    device_id=10**9, trace_id="x", listener=LISTENER, connected_at=timezone.now()
                )
            return outcomes

    outcomes = outcomes_of(registration(product, "sim-00001"), poison, run=run)
    assert isinstance(outcomes[0], ClientIdIssued)
    assert outcomes[1] == FAILED
    assert [device.device_name for device in Device.objects.all()] == ["sim-00001"]


def test_a_lost_connection_is_replaced_and_nobody_notices() -> None:
    product = make_product()
    broken: list[object] = []

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        if not broken:
            broken.append(connection.connection)
            connection.ensure_connection()
            connection.connection.close()  # as a database that was restarted
        return perform(requests, now)

    assert isinstance(outcomes_of(registration(product, "sim-00001"), run=run)[0], ClientIdIssued)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_with_the_database_away_all_are_answered_at_once(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def away(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        attempts.append(len(requests))
        raise error("server closed the connection")

    monkeypatch.setattr(Batcher, "_database_answers", lambda _self: False)
    product, gate = make_product(), Gatekeeper(away)

    async def story(batcher: Batcher) -> None:
        waiting = [asked(batcher, registration(product, f"sim-{n:05}")) for n in range(100)]
        gate.open.set()
        assert set(await asyncio.wait_for(asyncio.gather(*waiting), 20)) == {FAILED}

    within_the_batcher(gate, story)
    # The batch and the first of its requests; a hundred time-outs in a row would be hours.
    assert attempts[2] >= 100
    assert attempts[3] == 1


def test_records_outlast_an_outage() -> None:
    device = make_device(make_product(), "lamp-0001")
    connect_by_secret(device)
    session = Session.objects.get()
    outages = iter([OperationalError("away")] * 6)

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        for error in outages:
            raise error
        return perform(requests, now)

    end = SessionEnd(
        trace_id=session.trace_id,
        device_id=device.pk,
        listener=LISTENER,
        reason=Reason.CONNECTION_LOST,
        product_key=device.product.product_key,
        device_name="lamp-0001",
    )

    async def story() -> None:
        async with running(run=run) as batcher:
            batcher.record(event("first"))
            batcher.record(end)
            # Nothing else comes: that the database is back is found out without being asked.
            assert await asyncio.to_thread(eventually, lambda: count(LogEntry) == before + 2)

    before = LogEntry.objects.count()
    asyncio.run(story())
    session.refresh_from_db()
    assert session.ended_at is not None


def test_a_record_that_cannot_be_written_is_dropped_and_the_rest_is_written() -> None:
    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        if any(getattr(request, "operation", "") == "poison" for request in requests):
            raise ValueError("no")
        return perform(requests, now)

    async def story() -> None:
        async with running(run=run) as batcher:
            for operation in ("one", "poison", "two"):
                batcher.record(event(operation))

    asyncio.run(story())
    assert sorted(LogEntry.objects.values_list("operation", flat=True)) == ["one", "two"]


def test_over_its_bound_the_batcher_takes_no_more_requests() -> None:
    product, gate = make_product(), Gatekeeper()

    async def story(batcher: Batcher) -> None:
        waiting = [asked(batcher, registration(product, f"sim-{n:05}")) for n in range(3)]
        assert batcher.submit(registration(product, "sim-more"), lambda _: None) is None
        gate.open.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 20)

    within_the_batcher(gate, story, max_waiting=3)
    assert ClientBinding.objects.count() == 3


def test_a_cancelled_request_is_not_done() -> None:
    product, gate = make_product(), Gatekeeper()

    async def story(batcher: Batcher) -> None:
        job = batcher.submit(registration(product, "sim-gone"), lambda _: None)
        assert job is not None
        job.cancelled = True
        gate.open.set()

    within_the_batcher(gate, story)
    assert not ClientBinding.objects.exists()


def test_stopping_finishes_what_waits() -> None:
    gate = Gatekeeper()
    gate.open.set()

    async def story() -> None:
        batcher = Batcher(asyncio.get_running_loop(), run=gate)
        batcher.start()
        for _ in range(1000):
            batcher.record(event())
        assert await batcher.stop(20)

    asyncio.run(story())
    assert LogEntry.objects.count() == 1000


def test_an_answer_that_nobody_can_take_does_not_keep_the_others_from_theirs() -> None:
    product, gate = make_product(), Gatekeeper()

    def unfit(_outcome: Outcome) -> None:
        raise ValueError

    async def story(batcher: Batcher) -> None:
        assert batcher.submit(registration(product, "sim-00001"), unfit) is not None
        other = asked(batcher, registration(product, "sim-00002"))
        gate.open.set()
        assert isinstance(await asyncio.wait_for(other, 20), ClientIdIssued)

    within_the_batcher(gate, story)


def test_no_error_shows_a_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    device = make_device(make_product(), "lamp-0001")

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        raise ValueError(f"row contains {device.device_secret}")

    request = signed_connection(device.product.product_key, "lamp-0001", device.device_secret)
    assert outcomes_of(request, run=run) == [FAILED]
    assert "ValueError" in caplog.text
    assert device.device_secret not in caplog.text
    assert request.password.decode() not in caplog.text


class FullError(Exception):
    """As the drivers tell that there is no room."""

    sqlstate = "53100"


def full() -> OperationalError:
    error = OperationalError("disk full")
    error.__cause__ = FullError()
    return error


def test_records_outlast_a_full_disk_though_the_database_answers() -> None:
    """More attempts than a record has that meets a lock."""
    attempts, room = itertools.count(), threading.Event()

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        next(attempts)
        if not room.is_set():
            raise full()
        return perform(requests, now)

    async def story() -> None:
        async with running(run=run) as batcher:
            batcher.record(event("kept"))
            assert await asyncio.to_thread(eventually, lambda: next(attempts) > 2 * MAX_ATTEMPTS)
            assert batcher.held == 1
            room.set()
            assert await asyncio.to_thread(eventually, lambda: count(LogEntry) == 1)

    asyncio.run(story())


def test_on_a_full_disk_each_is_told_so_without_an_attempt_for_each() -> None:
    attempts: list[int] = []

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        attempts.append(len(requests))
        raise full()

    product, gate = make_product(), Gatekeeper(run)

    async def story(batcher: Batcher) -> None:
        waiting = [asked(batcher, registration(product, f"sim-{n:05}")) for n in range(100)]
        gate.open.set()
        assert set(await asyncio.wait_for(asyncio.gather(*waiting), 20)) == {FAILED}

    within_the_batcher(gate, story)
    assert attempts[2] >= 100
    assert attempts[3] == 1
    assert count(ClientBinding) == 0


def test_who_left_while_the_batch_failed_is_not_served_afterwards() -> None:
    product, gate = make_product(), Gatekeeper()

    def run(requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        if len(requests) > 1:
            jobs[0].cancelled = True
            raise ValueError
        return gate(requests, now)

    jobs: list[Job] = []

    async def story() -> None:
        async with running(run=run) as batcher:
            batcher.record(event("first"))
            assert await asyncio.to_thread(gate.reached.wait, 10)
            for name in ("sim-gone", "sim-there"):
                job = batcher.submit(registration(product, name), lambda _: None)
                assert job is not None
                jobs.append(job)
            gate.open.set()

    asyncio.run(story())
    assert [device.device_name for device in Device.objects.all()] == ["sim-there"]
