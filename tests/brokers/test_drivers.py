"""Drivers of RabbitMQ and EMQX: the requests they send and how they handle the responses."""

from collections.abc import Iterator

import pytest

from brokers.drivers import Driver, close_at_emqx, close_at_rabbitmq
from brokers.http import Api, BrokerError
from devices.pseudo_listeners import connection_of
from tests.brokers.fakes import FakeBroker, FakeEmqx, FakeRabbitmq, serving

USER = "lamp-0001&a1B2c3D4e5F"
OTHER = "lamp-0002&a1B2c3D4e5F"
KEPT = "kept|securemode=-2,authType=connwl|"
LOST = "lost|securemode=-2,authType=connwl|"


@pytest.fixture(params=[(FakeRabbitmq, close_at_rabbitmq), (FakeEmqx, close_at_emqx)])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[FakeBroker, Driver]]:
    broker: FakeBroker = request.param[0]()
    broker.open(USER, KEPT)
    broker.open(USER, LOST)
    broker.open(OTHER, "other|x=1|")
    with serving(broker):
        yield broker, request.param[1]


def run(broker: FakeBroker, driver: Driver, keep: str = "", password: str = "secret") -> None:
    api = Api(broker.url, "user", password)
    try:
        driver(api, USER, keep, "disable")
    finally:
        api.close()


def test_all_connections_of_the_device_are_closed_and_no_others(
    both: tuple[FakeBroker, Driver],
) -> None:
    run(*both)
    assert list(both[0].connections) == ["other|x=1|"]
    run(*both)


def test_the_connection_to_keep_stays(both: tuple[FakeBroker, Driver]) -> None:
    run(*both, keep=connection_of(KEPT))
    assert list(both[0].connections) == [KEPT, "other|x=1|"]


@pytest.mark.parametrize("status", [400, 401, 500, 503, 301])
def test_a_refusal_is_an_error(both: tuple[FakeBroker, Driver], status: int) -> None:
    both[0].status = status
    with pytest.raises(BrokerError, match=f"status {status}"):
        run(*both)


def test_the_error_names_no_credential(both: tuple[FakeBroker, Driver]) -> None:
    with pytest.raises(BrokerError, match="status 401") as error:
        run(*both, password="another-password")
    assert "another-password" not in repr(error.value) + str(error.value)


def test_a_broker_that_is_away_is_an_error() -> None:
    broker = FakeRabbitmq()
    with serving(broker):
        pass
    with pytest.raises(BrokerError, match="ConnectionRefusedError"):
        run(broker, close_at_rabbitmq)


def test_rabbitmq_closes_all_of_a_username_with_one_call() -> None:
    broker = FakeRabbitmq()
    with serving(broker):
        run(broker, close_at_rabbitmq)
    assert broker.asked == ["DELETE /api/connections/username/lamp-0001%26a1B2c3D4e5F"]
    assert broker.reasons == ["disable"]


def test_rabbitmq_does_not_say_at_once_whose_a_connection_is() -> None:
    broker = FakeRabbitmq()
    broker.open(USER, None, "192.0.2.9:1 -> 192.0.2.1:1883")
    with serving(broker):
        run(broker, close_at_rabbitmq, keep=connection_of(KEPT))
        assert len(broker.connections) == 1
        broker.open(USER, LOST, "192.0.2.9:1 -> 192.0.2.1:1883")
        run(broker, close_at_rabbitmq, keep=connection_of(KEPT))
    assert broker.connections == {}


def test_emqx_takes_client_ids_as_one_place_of_the_path() -> None:
    broker = FakeEmqx()
    broker.open(USER, "a/b?c|x=1,y=2|")
    with serving(broker):
        run(broker, close_at_emqx)
    assert broker.asked[1] == "DELETE /api/v5/clients/a%2Fb%3Fc%7Cx%3D1%2Cy%3D2%7C"
    assert broker.connections == {}
