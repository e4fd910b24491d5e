"""A simulated device over time: refused, let in, kicked, forbidden, and back again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from devices.models import ClientBinding
from devices.operations import manage
from mqtt.simulator import device as device_module
from mqtt.simulator.device import Habits, SimulatedDevice
from mqtt.simulator.events import Event, Step
from mqtt.simulator.firmware import Firmware
from mqtt.simulator.mqtt_client import Server
from mqtt.simulator.store import CredentialStore
from operators.actor import SHELL
from products.models import Product
from protocol.client_id import RegistrationMode
from tests.factories import make_product
from tests.polling import eventually
from tests.processes import Listener, running_listener

NAME = "sim-lamp"


class Player:
    """A device in a thread, and what it has told so far."""

    def __init__(self, server: Listener, product: Product, store: Path, habits: Habits) -> None:
        self.events: list[Event] = []
        self._stop = threading.Event()
        firmware = Firmware(
            product.product_key, product.product_secret, NAME, RegistrationMode.REGNWL
        )
        device = SimulatedDevice(
            firmware,
            Server("localhost", server.mqtts_port, server.ca_file),
            CredentialStore(store),
            self.events.append,
            self._stop,
            habits,
        )
        self._thread = threading.Thread(target=device.run)
        self._thread.start()

    def tells(self, step: Step, times: int = 1) -> None:
        """Wait until it has told of `step` so many times."""
        eventually(lambda: [event.step for event in self.events].count(step) >= times)

    @property
    def client_id(self) -> str:
        return self.events[-1].client_id

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


NewPlayer = Callable[..., Player]


@pytest.fixture
def play(server: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewPlayer]:
    """Starts devices that do not wait long between attempts, and stops them with the test."""
    monkeypatch.setattr(device_module, "FIRST_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(device_module, "LAST_PAUSE_SECONDS", 0.2)
    with ExitStack() as players:

        def start(product: Product, *, clone: bool = False) -> Player:
            habits = Habits(interval=0.2, fresh=clone, keep=not clone)
            player = Player(server, product, tmp_path / "store", habits)
            players.callback(player.stop)
            return player

        yield start


def test_refused_it_goes_on_asking_and_is_let_in_once_the_switch_is_on(play: NewPlayer) -> None:
    product = make_product(open_registration=False)
    player = play(product)
    player.tells(Step.REFUSED)
    player.tells(Step.WAITING)
    Product.objects.update(dynamic_registration=True)
    player.tells(Step.PUBLISHED, times=2)
    assert ClientBinding.objects.count() == 1


def test_a_clone_kicks_it_and_it_comes_back(play: NewPlayer) -> None:
    product = make_product()
    genuine = play(product)
    genuine.tells(Step.PUBLISHED)
    clone = play(product, clone=True)
    genuine.tells(Step.KICKED)
    clone.tells(Step.CONNECTED)
    genuine.tells(Step.CONNECTED, times=2)


def test_after_switch_the_clone_is_forbidden_and_the_genuine_one_stays(play: NewPlayer) -> None:
    product = make_product()
    genuine = play(product)
    genuine.tells(Step.PUBLISHED)
    clone = play(product, clone=True)
    clone.tells(Step.PUBLISHED)
    manage.switch(SHELL, product.product_key, NAME, genuine.client_id)
    clone.tells(Step.FORBIDDEN, times=2)
    assert "Switch" in next(e.words for e in clone.events if e.step is Step.FORBIDDEN)
    published = sum(event.step is Step.PUBLISHED for event in genuine.events)
    genuine.tells(Step.PUBLISHED, times=published + 2)
    assert ClientBinding.objects.count() == 2, "a forbidden device does not register by itself"


def test_it_survives_a_restart_of_the_server(
    play: NewPlayer, server: Listener, process_environment: dict[str, str], tmp_path: Path
) -> None:
    player = play(make_product())
    player.tells(Step.PUBLISHED)
    server.process.kill()
    player.tells(Step.DISCONNECTED)
    with same_listener_again(server, process_environment, tmp_path):
        player.tells(Step.CONNECTED, times=2)
        player.stop()


@contextmanager
def same_listener_again(
    server: Listener, environment: dict[str, str], tmp_path: Path
) -> Iterator[None]:
    ports = (server.mqtts_port, server.mqtt_port)
    with running_listener(environment, tmp_path / "data", ports=ports):
        yield


def test_a_damaged_store_ends_it_with_words(play: NewPlayer, tmp_path: Path) -> None:
    product = make_product()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / f"{product.product_key}.{NAME}.regnwl.json").write_text("damaged")
    player = play(product)
    player.tells(Step.STOPPED)
    assert [event.step for event in player.events] == [Step.FAILED, Step.STOPPED]
    assert not ClientBinding.objects.exists()
