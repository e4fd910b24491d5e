"""POST /brokers/{broker}/{question}: who may ask, and the answer.

Each broker has secrets of its own, which open its questions alone. The secret comes in the header
X-Broker-Secret or, from brokers that can send no header of ours, as
/brokers/{secret}/{broker}/{question}. Whatever is wrong with a question (its secret, where it comes
from, its method, its body, a fault of ours) is answered with the broker's own word for no: EMQX
takes any other status for *ask the next one*, and would let the device in.
"""

import hmac
import logging
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from brokers.webhooks.dialects import HOOKS, Hook
from brokers.webhooks.fields import fields_of
from common.ops.error_log import describe
from common.ops.metrics import counter
from common.ops.throttle import Throttle
from common.web.machine_requests import not_found
from operators.permissions import client_address
from products.networks import in_networks
from protocol.validators import MalformedError

PREFIX = "/brokers/"
HEADER = "X-Broker-Secret"
# Warnings a minute about one address that may not ask.
_WARNINGS = 10

logger = logging.getLogger(__name__)
_questions = counter(
    "webhook_questions", "Questions of brokers: allow, deny or stranger.", "question", "answer"
)
_strangers = Throttle(_WARNINGS)


def is_question(request: HttpRequest) -> bool:
    return request.path_info.startswith(PREFIX)


def answer(request: HttpRequest) -> HttpResponse:
    """404 for what is no question, and for those of a broker that has no secret."""
    secret, question = _take_apart(request)
    hook = HOOKS.get(question)
    secrets = settings.BROKER_WEBHOOK_SECRETS.get(hook.broker) if hook else None
    if hook is None or not secrets:
        return not_found()
    trusted = _trusted(request, hook.broker, _is_one_of(secrets, secret))
    allowed = trusted and _decide(hook, question, request)
    answered = "allow" if allowed else "deny" if trusted else "stranger"
    _questions.labels(question, answered).inc()
    return hook.say(request, allowed)


def _take_apart(request: HttpRequest) -> tuple[str, str]:
    """Secret and question. The secret is taken out of the request's path, which Django logs."""
    asked = request.path_info.removeprefix(PREFIX)
    first, _, rest = asked.partition("/")
    secret, question = (request.headers.get(HEADER, ""), asked)
    if asked not in HOOKS:
        secret, question = first, rest
    request.path = request.path_info = PREFIX + (question if question in HOOKS else "…")
    return secret, question


def _is_one_of(secrets: Sequence[str], presented: str) -> bool:
    given = presented.encode()
    return any(hmac.compare_digest(given, secret.encode()) for secret in secrets)


def _trusted(request: HttpRequest, broker: str, right: bool) -> bool:
    near = in_networks(" ".join(settings.BROKER_WEBHOOK_NETWORKS), client_address(request))
    if not (right and near):
        _warn(broker, "secret" if near else "network", client_address(request) or "")
    return right and near


def _warn(broker: str, wrong: str, address: str) -> None:
    if _strangers.take(address):
        logger.warning("webhook of %s: wrong %s, from %s", broker, wrong, address)


def _decide(hook: Hook, question: str, request: HttpRequest) -> bool:
    try:
        return hook.decide(fields_of(request, hook.knows))
    except MalformedError as error:
        logger.warning("broker webhook %s: %s", question, error)
    except Exception as error:
        logger.error("broker webhook %s: %s", question, describe(error))
    return False
