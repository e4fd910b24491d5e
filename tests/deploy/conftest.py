"""One site for all tests here, started by the first that needs it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mqtt.simulator.firmware import Login
from protocol.validators import RegistrationMode
from tests.deploy.console import Console
from tests.deploy.devices import Connection, Open, Unit
from tests.deploy.seed import NAMES
from tests.deploy.site import Site

HERE = Path(__file__).parent
NewUnit = Callable[..., Unit]
_names = iter(NAMES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a row, before all others: several workers would start a site each, and here the first
    part of all tests goes to one."""
    items.sort(key=lambda item: not item.path.is_relative_to(HERE))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def open_connection(site: Site) -> Iterator[Open]:
    """Opens a connection through the proxy, which the end of the test closes."""
    opened: list[Connection] = []

    def begin(login: Login, **how: str) -> Connection:
        opened.append(Connection(site, login, **how))
        return opened[-1]

    yield begin
    for connection in opened:
        connection.leave()


@pytest.fixture
def name() -> str:
    """The name of a device that was added beforehand and belongs to this test."""
    return next(_names)


@pytest.fixture
def unit(site: Site, open_connection: Open, name: str) -> NewUnit:
    """A unit with the DeviceName of this test."""

    def new(mode: RegistrationMode = RegistrationMode.REGNWL, product: str = "carried") -> Unit:
        return Unit(site, open_connection, name, mode, product)

    return new


@pytest.fixture(scope="package")
def console(site: Site) -> Console:
    """Where an operator has signed in and confirmed."""
    opened = Console(site)
    opened.sign_in()
    return opened
