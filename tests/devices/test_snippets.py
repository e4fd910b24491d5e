"""The programs of "Connect a device": complete, and with this product's values in place."""

import pytest
from django.conf import LazySettings
from django.test import Client

from devices.snippets import HIDDEN, Snippet, snippets
from tests.console.seed import Fleet

CA = "-----BEGIN CERTIFICATE-----\nMIIB/zCC+Q==\n-----END CERTIFICATE-----\n"


@pytest.fixture
def programs(fleet: Fleet, settings: LazySettings) -> dict[str, Snippet]:
    settings.PUBLIC_HOST, settings.MQTTS_PORT = "iot.factory.example", 18883
    made = snippets(fleet.lamp, fleet.lamp.product_secret, CA)
    return {snippet.key: snippet for snippet in made}


@pytest.mark.parametrize("key", ["c", "python", "simulator"])
def test_has_host_port_and_keys_in_place(
    fleet: Fleet, programs: dict[str, Snippet], key: str
) -> None:
    code = programs[key].code
    keys = fleet.lamp.product_key, fleet.lamp.product_secret
    for value in ("iot.factory.example", "18883", *keys):
        assert value in code
    assert fleet.lamp.product_secret not in repr(programs[key])


@pytest.mark.parametrize("key", ["c", "python"])
def test_brings_the_ca_along(programs: dict[str, Snippet], key: str) -> None:
    lines = programs[key].code.replace('"', "").replace("\\n", "")
    assert [line for line in CA.splitlines() if line not in lines] == []


def test_the_python_program_compiles_and_its_ca_is_the_file(programs: dict[str, Snippet]) -> None:
    names: dict[str, object] = {}
    source = programs["python"].code
    compile(source, "connect_here.py", "exec")
    assignments = source[source.index("HOST =") : source.index("device_name =")]
    exec(assignments, names)  # noqa: S102 - the part that only assigns our own values
    assert (names["HOST"], names["PORT"], names["CA"]) == ("iot.factory.example", 18883, CA)


def test_the_c_program_sets_every_option_registration_needs(programs: dict[str, Snippet]) -> None:
    for option in (
        "HOST",
        "PORT",
        "NETWORK_CRED",
        "PRODUCT_KEY",
        "PRODUCT_SECRET",
        "DEVICE_NAME",
        "NO_WHITELIST",
        "RECV_HANDLER",
    ):
        assert f"AIOT_DYNREGMQOPT_{option}," in programs["c"].code


def test_without_the_secret_a_placeholder_stands_in_its_place(fleet: Fleet) -> None:
    for snippet in snippets(fleet.lamp, "", ""):
        assert HIDDEN in snippet.code
        assert fleet.lamp.product_secret not in snippet.code


def test_the_page_shows_them_as_text(console: Client, fleet: Fleet) -> None:
    page = console.get(fleet.lamp.get_absolute_url() + "connect/").content.decode()
    assert "#include &lt;stdio.h&gt;" in page
    assert "#include <stdio.h>" not in page
