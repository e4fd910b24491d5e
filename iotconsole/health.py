"""Health for load balancers and monitoring: is this process alive, can it serve, do others run.

Answers name what is wrong in fixed words and tell nothing else, for nobody has to sign in.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone

from common.crypto.encrypted_fields import fits
from common.ops.periodic_tasks import periodic_tasks
from common.web.machine_requests import ONLY_MACHINES
from devices.models import ListenerProcess
from iotconsole.encrypted_columns import sealed_columns
from jobs.models import Round

ALIVE, READY = "/healthz", "/readyz"
# Twice and more what a round or a heartbeat may be late on a busy machine.
LATE_ROUND = timedelta(seconds=60)
LATE_HEARTBEAT = timedelta(seconds=20)
_STATEMENT_MS = 2000

OK = "ok"


def is_readiness(request: HttpRequest) -> bool:
    """The port of the devices does not tell how the installation is."""
    return request.path_info == READY and ONLY_MACHINES not in request.META


def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as requests are answered at all."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def ready(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve, else 503: the database answers and has all migrations.

    `?worker` and `?listener` ask for those, too. Without being asked they only stand in the body:
    a console that works must not be taken out of service because a worker is down.
    """
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    found = state(timezone.now())
    wanted = {"database", "migrations", "keys"} | (request.GET.keys() & found.keys())
    fine = all(found[name] == OK for name in wanted)
    headers = {"Cache-Control": "no-store"}
    return JsonResponse({"ready": fine, **found}, status=200 if fine else 503, headers=headers)


def state(now: datetime) -> Mapping[str, str]:
    """Return the state of each part: `ok`, or what is wrong."""
    unknown = dict.fromkeys(("migrations", "keys", "worker", "listener"), "unknown")
    try:
        _be_quick()
        if _migrations() != OK:
            return {"database": OK, **unknown, "migrations": "pending"}
        return {
            "database": OK,
            "migrations": OK,
            "keys": _keys(),
            "worker": _worker(now),
            "listener": _listener(),
        }
    except AnyDatabaseError:
        _let_go()
        return {"database": "away", **unknown}
    finally:
        # The time limit goes with the connection.
        if connection.vendor == "postgresql":
            _let_go()


def _let_go() -> None:
    """The next question gets a connection of its own."""
    if not connection.in_atomic_block:
        connection.close()


def _be_quick() -> None:
    """Connecting is limited by the settings of the database."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = %s", [_STATEMENT_MS])


def _migrations() -> str:
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return "pending" if known_migrations() - applied else OK


def _keys() -> str:
    """Whether this process can open what was written last, by whichever process.

    One that was not told of a new key finds it out here, and is sent no more requests.
    """
    newest = (column.newest() for column in sealed_columns() if not column.binary)
    readable = all(value is None or fits(value, settings.FIELD_KEYS) for value in newest)
    return OK if readable else "missing"


@lru_cache(maxsize=1)
def known_migrations() -> frozenset[tuple[str, str]]:
    """Those that this version comes with, by application and name."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _worker(now: datetime) -> str:
    """A round that is due is taken up by some worker within seconds, or held by one."""
    ours = Round.objects.filter(name__in=[entry.name for entry in periodic_tasks()])
    if not ours.exists():
        return "never ran"
    held = Q(lease_until__isnull=False, lease_until__gte=now)
    late = ours.filter(due_at__lt=now - LATE_ROUND).exclude(held)
    return "late" if late.exists() else OK


def _listener() -> str:
    """By the clock that dates heartbeats."""
    fresh = ListenerProcess.objects.filter(heartbeat_at__gte=Now() - LATE_HEARTBEAT)
    return OK if fresh.exists() else "none"
