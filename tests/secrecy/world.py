"""A thousand secrets, made through pages, the API, brokers' questions and operations."""

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import time_machine
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client
from django_otp.oath import totp

from devices.models import Device
from imports.operations.fleet_imports import apply_import
from operators.actor import SHELL
from operators.models import AccessKeyScope, Authenticator, Operator, Role
from operators.sms import memory
from products.broker_topics import BROKERS
from products.models import Product
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.rotate_secret import Overlap
from tests import rpc
from tests.brokers.webhooks.asking import (
    as_emqx,
    as_rabbitmq,
    ask,
    ask_json,
    by_secret,
    by_token,
)
from tests.console.fixtures import confirmed
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
)
from tests.imports.fleet.given import checked, table
from tests.operators.people import CHEN_PHONE, code_in, other_than, person
from tests.registration.test_device_http import form, post
from tests.registration.test_dynamic_registration_view import confirm, send, url_of
from tests.registration.test_rotate_secret import rotated
from tests.secrecy.needles import Known

# Settings that are a secret, each set to one that nothing else has.
SETTINGS = (
    *("SECRET_KEY", "CODE_DIGEST_KEY", "TWILIO_AUTH_TOKEN"),
    *("RABBITMQ_MANAGEMENT_PASSWORD", "EMQX_API_SECRET"),
)


class World:
    """Each method makes secrets of one kind, and writes them down."""

    def __init__(self, settings: LazySettings, clock: time_machine.Traveller) -> None:
        self.known = Known()
        self.settings, self.clock = settings, clock
        self.product = make_product()

    def settings_themselves(self) -> None:
        for name in SETTINGS:
            value = secrets.token_urlsafe(32)
            setattr(self.settings, name, value)
            self.known.add(name, value)
        self.webhooks = {broker: secrets.token_urlsafe(32) for broker in BROKERS}
        self.settings.BROKER_WEBHOOK_SECRETS = {b: [each] for b, each in self.webhooks.items()}
        for broker, value in self.webhooks.items():
            self.known.add(f"webhook secret of {broker}", value)
        keys = [Fernet.generate_key().decode() for _ in range(3)]
        self.settings.FIELD_KEYS = [*keys, *self.settings.FIELD_KEYS]
        for key in self.settings.FIELD_KEYS:
            self.known.add("FIELD_KEYS", key)

    # --- Products and devices -------------------------------------------------------------
    def products(self, count: int) -> None:
        for number in range(count):
            product = make_product()
            self.known.add("ProductSecret", product.product_secret)
            if number % 3 == 0:
                fresh = rotated(product, Overlap(days=30))
                self.known.add("ProductSecret", fresh.product_secret)
                self.known.add("previous ProductSecret", product.product_secret)

    def devices(self, count: int) -> None:
        product = make_product()
        for number in range(count):
            device = make_device(product)
            self.known.add("DeviceSecret", device.device_secret)
            if number % 4 == 0:
                connect_by_secret(device)

    def tokens(self, count: int) -> None:
        for number in range(count):
            issued = issued_client_id(self.product, f"token-{number // 4}")
            self.known.add("DeviceToken", issued.device_token)
            if number % 4 == 0:
                connect_by_token(self.product, f"token-{number // 4}", issued)

    def refused_over_https(self, client: Client, count: int) -> None:
        """Right and wrong signatures, which the log of the devices tells about."""
        for number in range(count):
            device = make_device(make_product())
            key = device.product.product_secret if number % 2 else secrets.token_urlsafe(16)
            fields = form(device.product.product_key, key, device.device_name)
            self.known.add("signature of a registration", fields["sign"])
            post(client, fields)

    def imported(self, count: int) -> None:
        """One fleet that waits and one that has moved in; a list that the API is given."""
        for done in (False, True):
            fleet = checked(table(*self._lines(count, "a1Moved" if done else "a1Waits")))
            if done:
                apply_import(SHELL, fleet.pk)
        rows = []
        for number in range(count):
            secret = secrets.token_hex(16)
            self.known.add("DeviceSecret given to the API", secret)
            rows.append({"DeviceName": f"given-{number}", "DeviceSecret": secret})
        rpc.send("BatchImportDevice", ProductKey=self.product.product_key, DeviceList=rows)

    def _lines(self, count: int, product_key: str) -> Iterator[str]:
        product_secret = secrets.token_urlsafe(12)
        self.known.add("imported ProductSecret", product_secret)
        for number in range(count):
            device_secret, token = secrets.token_hex(16), secrets.token_hex(16)
            self.known.add("imported DeviceSecret", device_secret)
            self.known.add("imported DeviceToken", token)
            yield (
                f"{product_key},{product_secret},,lamp-{number},{device_secret},,,\n"
                f"{product_key},{product_secret},,wild-{number},,,client{number:012},{token}"
            )

    # --- Brokers and back ends ------------------------------------------------------------
    def asked_by_brokers(self, count: int) -> None:
        product = make_product()
        for broker in ("rabbitmq", "emqx"):
            Product.objects.filter(pk=product.pk).update(data_connections=broker)
            for number in range(count):
                self._ask(broker, product, f"{broker}-{number}")

    def _ask(self, broker: str, product: Product, name: str) -> None:
        device = make_device(product, name)
        issued = issued_client_id(product, f"{name}-t")
        self.known.add("DeviceSecret", device.device_secret)
        self.known.add("DeviceToken", issued.device_token)
        for secret in (device.device_secret, "a wrong secret"):
            self._connect(broker, by_secret(product.product_key, name, secret))
        wrong = ClientIdIssued(issued.client_id, secrets.token_hex(16))
        for each in (issued, wrong):
            self._connect(broker, by_token(product.product_key, f"{name}-t", each))

    def _connect(self, broker: str, connect: tuple[str, str, str]) -> None:
        self.known.add("password of a CONNECT", connect[2])
        secret = self.webhooks[broker]
        if broker == "rabbitmq":
            ask("rabbitmq/user", as_rabbitmq(connect), headers={"X-Broker-Secret": secret})
        else:
            path = f"{secret}/emqx/authentication"
            ask_json(path, as_emqx(connect), headers={})

    def access_keys(self, browser: Client, count: int) -> None:
        for number in range(count):
            fields = {"name": f"key {number}", "scope": AccessKeyScope.EVERYTHING}
            page = browser.post("/settings/access-keys/new/", fields).content.decode()
            found = re.search(r'data-copy="([A-Za-z0-9]{30})"', page)
            assert found, page
            self.known.add("AccessKeySecret", found[1])

    def calls(self, count: int) -> None:
        for number in range(count):
            sent = rpc.signed("QueryProductList", PageSize=1, CurrentPage=1, v1=number % 2 == 0)
            given = str(sent.args)  # type: ignore[attr-defined]
            for name in re.findall(r"Signature=([0-9a-f]{64})|'Signature', '([^']+)'", given):
                self.known.add("signature of a call", "".join(name))
            for nonce in re.findall(r"[Nn]once'[:,] '([0-9a-f]{32})'", given):
                self.known.add("nonce of a call", nonce)
            assert sent().status_code == 200
            sent()

    # --- People ---------------------------------------------------------------------------
    def people(self, count: int) -> None:
        for number in range(count):
            self.person(f"person-{number}", f"+86138{number:08}")

    def person(self, username: str, phone: str) -> None:
        """Invited, with a password, a phone, an authenticator and backup codes."""
        password = secrets.token_urlsafe(16)
        self.known.add("password", password)
        Operator.objects.create_user(username, password=password, role=Role.ADMIN)
        browser = Client()
        wrong = secrets.token_urlsafe(16)
        self.known.add("wrong password", wrong)
        browser.post("/sign-in/", {"username": username, "password": wrong})
        self.known.add("CSRF secret", browser.cookies["csrftoken"].value)
        browser.post("/sign-in/", {"username": username, "password": password})
        self.known.add("session key", browser.cookies["sessionid"].value)
        self.known.add("CSRF secret", browser.cookies["csrftoken"].value)
        self._phone(browser, password, phone)
        self._authenticator(browser, username, password)
        page = browser.post("/settings/backup-codes/", {"current_password": password})
        for code in re.findall(r"<li>(\S{11})</li>", page.content.decode()):
            self.known.add("backup code", code)
            self.known.add("backup code", code.replace("-", ""))

    def _phone(self, browser: Client, password: str, phone: str) -> None:
        memory.outbox.clear()
        browser.post("/settings/phone/", {"number": phone, "current_password": password})
        code = code_in(memory.outbox[-1])
        for kind, typed in (("wrong code", other_than(code)), ("SMS code", code)):
            self.known.add_code(kind, typed)
            browser.post("/settings/phone/verify/", {"method": "sms", "code": typed})

    def _authenticator(self, browser: Client, username: str, password: str) -> None:
        browser.post("/settings/authenticator/", {"action": "begin", "current_password": password})
        app = Authenticator.objects.get(user__username=username)
        self.known.add("TOTP secret", app.key)
        self.known.add("TOTP secret", app.bin_key)
        code = f"{totp(app.bin_key):06}"
        self.known.add_code("TOTP code", code)
        browser.post("/settings/authenticator/", {"action": "activate", "code": code})

    def invitations(self, browser: Client, count: int) -> None:
        for number in range(count):
            fields = {"username": f"invited-{number}", "role": "operator", "every_product": "on"}
            page = browser.post("/settings/accounts/invite/", fields).content.decode()
            found = re.search(r"/invitation/#([\w-]{43})", page)
            assert found, page
            self.known.add("invitation", found[1])
            if number % 2:
                password = secrets.token_urlsafe(16)
                self.known.add("password", password)
                typed = {"name": "Lin", "password": password, "again": password}
                Client().post("/invitation/", {"code": found[1], **typed})

    def codes_for_acts(self, browser: Client, count: int) -> None:
        """Each for another product's switch: typed right, typed wrong, or under way."""
        for number in range(count):
            self.clock.shift(timedelta(minutes=2))
            url = url_of(make_product(open_registration=False), "on")
            code = send(browser, url, memory.outbox)
            self.known.add_code("confirmation code", code)
            if number % 3 == 0:
                confirm(browser, url, code)
            if number % 3 == 1:
                self.known.add_code("wrong code", other_than(code))
                confirm(browser, url, other_than(code))


def administrator() -> Client:
    chief = person("chief", role=Role.ADMIN, phone=CHEN_PHONE)
    client = Client()
    client.force_login(chief)
    return confirmed(client, chief)


def every_secret(settings: LazySettings, clock: time_machine.Traveller) -> Known:
    world = World(settings, clock)
    world.settings_themselves()
    browser = administrator()
    world.products(60)
    world.devices(100)
    world.tokens(100)
    world.refused_over_https(Client(), 20)
    world.imported(40)
    world.asked_by_brokers(10)
    world.access_keys(browser, 30)
    world.calls(20)
    world.people(12)
    world.invitations(browser, 20)
    world.codes_for_acts(browser, 5)
    assert Device.objects.count() > 250
    return world.known
