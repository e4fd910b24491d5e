"""The output of the processes with LOG_LEVEL=DEBUG contains no secret in any situation.

Lines are plain text when the tests run with SQLite, and JSON with PostgreSQL.
"""

import contextlib
import json
import re
import secrets
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from cryptography.fernet import Fernet
from django.db import connection
from django_otp.oath import totp

from devices.models import Device
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, Authenticator, Role
from operators.operations.access_keys import create_access_key
from products.broker_topics import RABBITMQ
from products.models import Product
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from tests import rpc
from tests.brokers.webhooks.asking import as_rabbitmq, by_secret
from tests.clients.connects import registration_connect, signed_connect, token_connect
from tests.clients.mqtt import MqttClient
from tests.factories import make_device, make_product
from tests.operators.people import PASSWORD, other_than, person
from tests.operators.twilio_gateway import SENDER, SID, Gateway, running_gateway
from tests.ports import free_ports
from tests.processes import ServerProcess, run_command, wait_for_port
from tests.registration.test_device_http import form
from tests.secrecy.needles import Known

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30
PHONE = "+8613800001234"
# What stands in the environment of the processes, and is known to nobody else.
OF_THE_ENVIRONMENT = (
    *("SECRET_KEY", "CODE_DIGEST_KEY", "TWILIO_AUTH_TOKEN", "RABBITMQ_WEBHOOK_SECRET"),
    *("RABBITMQ_MANAGEMENT_PASSWORD", "EMQX_API_SECRET"),
)


@dataclass
class Site:
    """The four programs, and all that is secret between them and whoever talks to them."""

    environment: dict[str, str]
    process: ServerProcess
    known: Known
    gateway: Gateway
    ca_file: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.environment['HTTP_PORT']}{path}"

    def devices_url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.environment['HTTPS_PORT']}{path}"

    def secret(self, kind: str, value: str) -> str:
        self.known.add(kind, value)
        return value

    def newest_code(self) -> str:
        body = self.gateway.received[-1].form["Body"][0]
        found = re.search(r"\b[0-9]{6}\b", body)
        assert found
        self.known.add_code("SMS code", found[0])
        return found[0]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


@pytest.fixture
def site(process_environment: dict[str, str], tmp_path: Path, gateway: Gateway) -> Iterator[Site]:
    known, ports = Known(), map(str, free_ports(4))
    own = {name: secrets.token_urlsafe(24) for name in OF_THE_ENVIRONMENT}
    for name, value in own.items():
        known.add(name, value)
    known.add("FIELD_KEYS", process_environment["FIELD_KEYS"])
    names = ("HTTP_PORT", "MQTTS_PORT", "MQTT_PORT", "HTTPS_PORT")
    environment = {
        **process_environment,
        **own,
        **dict(zip(names, ports, strict=True)),
        "DATA_DIR": str(tmp_path),
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "line" if connection.vendor == "sqlite" else "json",
        "MQTTS_HOST": "127.0.0.1",
        "HTTPS_HOST": "127.0.0.1",
        "WEB_CONCURRENCY": "1",
        "SMS_BACKEND": "twilio",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_FROM": SENDER,
        "TWILIO_API_URL": gateway.url,
        # Nobody is there: the worker tries to close connections.
        "RABBITMQ_MANAGEMENT_URL": "http://127.0.0.1:9",
        "RABBITMQ_MANAGEMENT_USER": "console",
    }
    assert run_command("certificates", environment=environment).returncode == 0
    process = ServerProcess("serve", environment=environment, log=tmp_path / "serve.log")
    try:
        wait_for_port(int(environment["HTTP_PORT"]), process)
        process.wait_for_output("Ctrl-C")
        yield Site(environment, process, known, gateway, tmp_path / "pki" / "ca.pem")
    finally:
        process.stop()
        process.close()


# --- The console --------------------------------------------------------------------------
class Browser:
    def __init__(self, site: Site) -> None:
        self.site, self.session = site, requests.Session()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.site.url(path), timeout=PATIENCE, **options)

    def post(self, path: str, **fields: str) -> requests.Response:
        """A form of the console."""
        token = self.session.cookies.get("csrftoken", "")
        return self.session.post(
            self.site.url(path), {**fields, "csrfmiddlewaretoken": token}, timeout=PATIENCE
        )


def work_in_the_console(site: Site, product: Product) -> None:
    person("chen", role=Role.ADMIN)
    browser = Browser(site)
    password = site.secret("password", PASSWORD)
    browser.get("/sign-in/")
    browser.post("/sign-in/", username="chen", password=site.secret("wrong", "sesame-open-up"))
    browser.post("/sign-in/", username="chen", password=password)
    for name in ("sessionid", "csrftoken"):
        site.known.add(name, str(browser.session.cookies[name]))
    browser.post("/settings/phone/", number=PHONE, current_password=password)
    code = site.newest_code()
    site.known.add_code("wrong code", other_than(code))
    for typed in (other_than(code), code):
        browser.post("/settings/phone/verify/", method="sms", code=typed)
    set_up_an_authenticator(site, browser, password)
    page = browser.post("/settings/backup-codes/", current_password=password).text
    codes = re.findall(r"<li>(\S{11})</li>", page)
    assert len(codes) == 10
    for each in codes:
        site.known.add("backup code", each)
    confirm_and_reveal(site, browser, product, codes)


def set_up_an_authenticator(site: Site, browser: Browser, password: str) -> None:
    browser.post("/settings/authenticator/", action="begin", current_password=password)
    app = Authenticator.objects.get()
    site.known.add("TOTP secret", app.key)
    code = f"{totp(app.bin_key):06}"
    site.known.add_code("TOTP code", code)
    browser.post("/settings/authenticator/", action="activate", code=code)


def confirm_and_reveal(site: Site, browser: Browser, product: Product, codes: list[str]) -> None:
    secret = f"{product.get_absolute_url()}secret/"
    asked = {"confirming": "identity", "action": "confirm", "method": "backup"}
    browser.post(secret, **asked, code=codes[0])
    assert product.product_secret in browser.post(secret).text
    page = browser.post("/settings/access-keys/new/", name="line", scope="everything").text
    found = re.search(r'data-copy="([A-Za-z0-9]{30})"', page)
    assert found
    site.known.add("AccessKeySecret", found[1])
    invited = browser.post("/settings/accounts/invite/", username="lin", role="operator").text
    link = re.search(r"/invitation/#([\w-]{43})", invited)
    assert link
    new = site.secret("password", secrets.token_urlsafe(16))
    fields = {"name": "Lin", "password": new, "again": new}
    browser.post("/invitation/", code=site.secret("invitation", link[1]), **fields)


def meet_errors(site: Site) -> None:
    browser = Browser(site)
    token = site.secret("token in a query", secrets.token_urlsafe(24))
    assert browser.get(f"/nothing/?token={token}").status_code == 404
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    # Without its CSRF token.
    form_data = {"username": "chen", "password": PASSWORD}
    assert browser.session.post(site.url("/sign-in/"), form_data).status_code == 403


# --- Devices ------------------------------------------------------------------------------
def ask(site: Site, packet: bytes) -> tuple[int, str]:
    tls = ssl.create_default_context(cafile=site.ca_file)
    with MqttClient(int(site.environment["MQTTS_PORT"]), tls) as client:
        client.send(packet)
        code = client.connack()
        registers = b"authType=reg" in packet
        return code, client.push().payload.decode() if code == 0 and registers else ""


def register_and_connect(site: Site, product: Product) -> None:
    device = make_device(product, "lamp-0001")
    site.known.add("DeviceSecret", device.device_secret)
    register = RegistrationMode.REGISTER
    wrong = site.secret("wrong ProductSecret", secrets.token_urlsafe(16))
    assert ask(site, registration_connect(product, "lamp-0001", register, secret=wrong))[0] == 4
    assert ask(site, registration_connect(product, "lamp-0001", register))[0] == 0
    code, pushed = ask(site, registration_connect(product, "lamp-0002"))
    assert code == 0
    told = json.loads(pushed)
    issued = ClientIdIssued(told["clientId"], site.secret("DeviceToken", told["deviceToken"]))
    over_https(site, product)
    for packet in (signed_connect(device), token_connect(product, "lamp-0002", issued)):
        assert ask(site, packet)[0] == 0
        site.known.add("password of a CONNECT", packet.decode("latin-1")[-32:])
    not_it = site.secret("wrong DeviceToken", secrets.token_hex(16))
    stranger = ClientIdIssued(issued.client_id, not_it)
    assert ask(site, token_connect(product, "lamp-0002", stranger))[0] != 0
    assert ask(site, signed_connect(device, secret=wrong))[0] != 0


def over_https(site: Site, product: Product) -> None:
    make_device(product, "lamp-0003")
    for key in (product.product_secret, "wrong"):
        fields = form(product.product_key, key, "lamp-0003")
        site.known.add("signature of a registration", fields["sign"])
        url = site.devices_url("/auth/register/device")
        answer = requests.post(url, fields, verify=str(site.ca_file), timeout=PATIENCE)
        assert answer.json()["code"] == (6600 if key == "wrong" else 200)
    secret = Device.objects.get(device_name="lamp-0003").device_secret
    site.known.add("DeviceSecret", secret)


# --- Machines -----------------------------------------------------------------------------
def call_the_api(site: Site) -> AccessKey:
    key = create_access_key(SHELL, "back end", AccessKeyScope.EVERYTHING)
    site.known.add("AccessKeySecret", key.secret)
    for base in (site.url("/"), site.devices_url("/")):
        for good in (True, False):
            sent = rpc.signed("QueryProductList", key=key, v1=True, PageSize=5, CurrentPage=1)
            query = dict(sent.args[1])  # type: ignore[attr-defined]
            query["Signature"] = query["Signature"] if good else "bm90LXRoZS1zaWduYXR1cmU="
            site.known.add("signature of a call", query["Signature"])
            site.known.add("nonce", query["SignatureNonce"])
            answer = requests.post(
                f"{base}?{urlencode(query)}", verify=str(site.ca_file), timeout=PATIENCE
            )
            assert answer.status_code == (200 if good else 400)
    return key


def ask_as_a_broker(site: Site) -> None:
    product = make_product()
    Product.objects.filter(pk=product.pk).update(data_connections=RABBITMQ)
    device = make_device(product, "carried")
    site.known.add("DeviceSecret", device.device_secret)
    fields = as_rabbitmq(by_secret(product.product_key, "carried", device.device_secret))
    site.known.add("password of a CONNECT", fields["password"])
    right = site.environment["RABBITMQ_WEBHOOK_SECRET"]
    wrong = site.secret("wrong webhook secret", secrets.token_urlsafe(24))
    answers = [
        requests.post(site.url(path), fields, headers=headers, timeout=PATIENCE).text
        for secret in (right, wrong)
        for path, headers in (
            ("/brokers/rabbitmq/user", {"X-Broker-Secret": secret}),
            (f"/brokers/{secret}/rabbitmq/user", {}),
            (f"/brokers/{secret}/nothing", {}),
        )
    ]
    assert answers == ["allow", "allow", "Not found\n", "deny", "deny", "Not found\n"]


# --- The shell ----------------------------------------------------------------------------
def type_commands(site: Site, key: AccessKey, tmp_path: Path) -> str:
    """Run commands; return their output without the answers, which may contain secrets."""
    product = make_product()
    backup = tmp_path / "a.backup"
    new_key = Fernet.generate_key().decode()
    site.known.add("FIELD_KEYS", new_key)
    keys = f"{site.environment['FIELD_KEYS']},{new_key}"
    cloud = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.secret,
    }
    commands: list[tuple[list[str], dict[str, str]]] = [
        (["create_product", "From_Shell"], {}),
        (["rotate_product_secret", product.product_key, "--overlap-days", "3"], {}),
        (["add_device", "a1NoSuchKey", "shell-1"], {}),
        (["import_fleet", "--from-cloud", "--endpoint", site.url(""), "--dry-run"], cloud),
        (["reencrypt_secrets"], {"FIELD_KEYS": keys}),
        (["backup", str(backup)], {}),
    ]
    written = []
    for command, more in commands:
        done = run_command(*command, environment={**site.environment, **more})
        assert done.returncode == (1 if "a1NoSuchKey" in command else 0), done.stderr
        for secret in re.findall(r"(?:Secret:?|secret) +([A-Za-z0-9]{16,32})\b", done.stdout):
            site.known.add("secret told in the shell", secret)
        written.append(done.stderr)
    # What the cloud answered is kept for a while, sealed.
    written += [f.read_text(errors="replace") for f in (tmp_path / "fleet").glob("*")]
    return "\n".join(written)


@contextlib.contextmanager
def without_a_table(name: str) -> Iterator[None]:
    """The database fails at whatever needs it."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {name}")


def fail_at_the_database(site: Site, product: Product, key: AccessKey) -> None:
    wrong = secrets.token_hex(16)
    site.known.add("signature of a registration", form(product.product_key, wrong, "x")["sign"])
    with without_a_table(LogEntry._meta.db_table):
        assert ask(site, registration_connect(product, "lamp-0009"))[0] == 3
        fields = form(product.product_key, product.product_secret, "lamp-0003")
        url = site.devices_url("/auth/register/device")
        answer = requests.post(url, fields, verify=str(site.ca_file), timeout=PATIENCE)
        assert answer.json()["code"] == 500
    with without_a_table(AccessKey._meta.db_table):
        sent = rpc.signed("QueryProductList", key=key, v1=True, PageSize=5, CurrentPage=1)
        query = urlencode(dict(sent.args[1]))  # type: ignore[attr-defined]
        assert requests.post(site.url(f"/?{query}"), timeout=PATIENCE).status_code == 503
    with without_a_table("operators_signinattempt"):
        browser = Browser(site)
        browser.get("/sign-in/")
        page = browser.post("/sign-in/", username="chen", password=PASSWORD)
        assert page.status_code == 500
        assert PASSWORD not in page.text
        assert 'id="trace-id"' in page.text
        trace = re.search(r'id="trace-id">(\w+)<', page.text)
        assert trace
        site.process.wait_for_output(trace[1])


def test_nothing_that_is_secret_is_written(site: Site, tmp_path: Path) -> None:
    product = make_product()
    site.known.add("ProductSecret", product.product_secret)
    work_in_the_console(site, product)
    meet_errors(site)
    register_and_connect(site, product)
    key = call_the_api(site)
    ask_as_a_broker(site)
    shell = type_commands(site, key, tmp_path)
    fail_at_the_database(site, product, key)
    site.process.stop()
    heap = f"{site.process.output}\n{shell}".encode()
    assert len(site.known) > 50
    # It is DEBUG, and something was said about what failed.
    for sign in (b"DEBUG", b"Not Found: /nothing/", b"Internal Server Error: /sign-in/"):
        assert sign in heap
    assert site.known.found_in(heap) == []
    if site.environment["LOG_FORMAT"] == "json":
        # The supervisor's own words to whoever started it are none.
        logged = [json.loads(line) for line in site.process.output.splitlines() if line[:1] == "{"]
        [told] = [line for line in logged if "Not Found: /nothing/" in line["message"]]
        assert re.fullmatch(r"[0-9a-f]{16}", told["trace_id"])
