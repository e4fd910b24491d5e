"""The load: what counts as an answer, and what makes the figures void."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from django.conf import settings
from django.utils import timezone

from bench.check import Check, CheckError
from bench.conversation import Conversation, Target, pushed
from bench.load import LoadError, hold
from bench.scenarios import new_product
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from protocol import mqtt, push
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates, server_context

PUSH = push.register_push("0" * 32, "a1ProductKey", "lamp-1")
ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)
GOOD = ACCEPTED + mqtt.publish(*PUSH)
REQUEST = mqtt.connect("id", "user", "password")
REGISTRATION = Conversation(REQUEST, PUSH.topic.encode(), "lamp-1")
CONNECTION = Conversation(REQUEST, name="lamp-1")


@contextmanager
def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Target]:
    """A server that says `answer`, and no more, to whoever has sent REQUEST."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with tls.wrap_socket(self.request, server_side=True) if tls else self.request as talk:
                if talk.recv(1000) == REQUEST:
                    talk.sendall(answer)
                    talk.shutdown(socket.SHUT_WR)
                    talk.recv(1000)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Target(server.server_address[1], tls=tls is not None)
        server.shutdown()


@pytest.fixture(scope="module")
def tls() -> ssl.SSLContext:
    directory = settings.DATA_DIR / "pki"
    ensure_certificates(directory, certificate_names("localhost", ()))
    return server_context(directory, "modern")


def test_answers_are_kept_whole_over_tls_too(tls: ssl.SSLContext) -> None:
    for context in (None, tls):
        with answering(GOOD, context) as target:
            outcome = hold(target, [REGISTRATION] * 3, 2)
        assert [pushed(answer, asked) for asked, answer in outcome.answers] == [PUSH.payload] * 3
        assert outcome.count == 3


@pytest.mark.parametrize(
    ("conversation", "answer", "problem"),
    [
        (CONNECTION, mqtt.connack(mqtt.CONNACK_NOT_AUTHORISED), "CONNACK 5"),
        (REGISTRATION, mqtt.connack(mqtt.CONNACK_CREDENTIALS), "CONNACK 4"),
        (CONNECTION, b"HTTP/1.1 400 Bad Request", "no CONNACK"),
        (REGISTRATION, ACCEPTED + mqtt.publish("/ext/regnwl", PUSH.payload), "another topic"),
        (REGISTRATION, GOOD + mqtt.PINGRESP, "something else"),
        (REGISTRATION, GOOD[:-1], "closed by the server"),
    ],
)
def test_a_wrong_answer_makes_the_figures_void(
    conversation: Conversation, answer: bytes, problem: str
) -> None:
    with answering(answer) as target, pytest.raises(LoadError, match=problem):
        hold(target, [conversation], 1)


def test_a_server_that_is_not_there_makes_the_figures_void() -> None:
    with answering(GOOD) as target:
        pass
    with pytest.raises(LoadError, match="ConnectionRefused"):
        hold(target, [CONNECTION], 1)


@pytest.mark.django_db
@pytest.mark.parametrize("credential", ["DeviceSecret", "DeviceToken"])
def test_a_credential_that_is_not_in_the_database_makes_the_figures_void(credential: str) -> None:
    product = new_product()
    message: Callable[[], push.Push] = {
        "DeviceSecret": lambda: push.register_push("0" * 32, product.product_key, "lamp-1"),
        "DeviceToken": lambda: push.regnwl_push("id", product.product_key, "lamp-1", "0" * 32),
    }[credential]
    topic, payload = message()
    answer = ACCEPTED + mqtt.publish(topic, payload)
    check = Check(product)
    answers = [(Conversation(REQUEST, topic.encode(), "lamp-1"), answer)]
    with pytest.raises(CheckError, match="1 registrations were answered, 0 are in the log"):
        check.everything(answers)
    with pytest.raises(CheckError, match="1 credentials"):
        check.credentials(answers)


@pytest.mark.django_db
def test_a_connection_that_is_logged_twice_makes_the_figures_void() -> None:
    product = new_product()
    check = Check(product)
    event = log_writer.Event(
        service_type=ServiceType.DEVICE,
        operation="online",
        reason=Reason.OK,
        product_key=product.product_key,
        device_name="lamp-1",
    )
    answers = [(CONNECTION, ACCEPTED)]
    log_writer.write([event], timezone.now())
    check.everything(answers)
    log_writer.write([event], timezone.now())
    with pytest.raises(CheckError, match="1 connections were answered, 2 are in the log, 1 of"):
        check.everything(answers)
