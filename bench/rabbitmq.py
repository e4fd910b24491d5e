"""RabbitMQ that asks our own webhook, under gunicorn, about every device."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from bench import scenarios
from bench.check import Check
from bench.conversation import Target
from bench.environment import Figure, Ground, say
from bench.load import hold
from bench.process import How, Program, Server, Tree
from bench.speed import SECONDS, rates
from iotconsole.management.commands.serve import console_arguments
from products.models import DataConnections
from tests.ports import free_ports
from tests.rabbitmq import node_environment

# Not the one in /usr/sbin, which looks for its data in Debian's place.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_DEPLOYED = Path("deploy/rabbitmq")
_PLUGINS = "[rabbitmq_auth_backend_http,rabbitmq_mqtt].\n"
_WARM = 300
_MOST_PER_SECOND = 1_500


def rabbitmq(ground: Ground) -> Iterator[Figure]:
    name = "RabbitMQ, webhook under gunicorn"
    if not PROGRAM.exists() or shutil.which("epmd") is None:
        yield {"topic": "brokers", "broker": name, "missing": "not installed"}
        return
    with tempfile.TemporaryDirectory(prefix="bench-rabbitmq-") as directory, ExitStack() as stack:
        say("brokers: RabbitMQ")
        secret = secrets.token_hex(16)
        webhook, webhook_port = _webhook(ground, secret)
        stack.enter_context(webhook)
        broker, port = _broker(Path(directory), webhook_port, secret, stack)
        for kind, figure in _connects(ground, Target(port), broker, webhook):
            yield {"topic": "brokers", "broker": f"{name}, {kind}", "transport": "plain", **figure}


def _connects(
    ground: Ground, target: Target, broker: Tree, webhook: Tree
) -> Iterator[tuple[str, dict[str, float]]]:
    """The broker tells nobody when a device has gone, so there is no end of session to wait for."""
    product = scenarios.new_product(data_connections=DataConnections.RABBITMQ)
    seconds = ground.seconds(SECONDS)
    for kind in ("signature", "token"):
        prepare = scenarios.kinds(product)[kind]
        hold(target, prepare(ground.scaled(_WARM)), ground.at_once)
        talks = prepare(int(_MOST_PER_SECOND * seconds) + ground.at_once)
        trees = {"server": broker, "webhook": webhook}
        if ground.database:
            trees["database"] = ground.database
        check = Check(product)
        before = {name: tree.cpu_seconds() for name, tree in trees.items()}
        outcome = hold(target, talks, ground.at_once, seconds)
        cpu = {name: tree.cpu_seconds() - before[name] for name, tree in trees.items()}
        check.everything(outcome.answers)
        yield kind, rates(outcome, cpu)


def _webhook(ground: Ground, secret: str) -> tuple[Server, int]:
    """The console as `make run` starts it; among other things it answers brokers."""
    (port,) = free_ports(1)
    arguments = console_arguments(f"127.0.0.1:{port}")
    environment = {
        **ground.environment,
        "RABBITMQ_WEBHOOK_SECRET": secret,
        # There are no static files, which nobody asks for.
        "PYTHONWARNINGS": "ignore::UserWarning",
    }
    how = How(directory=settings.BASE_DIR)
    return Server(arguments, [port], environment, how), port


def _broker(directory: Path, webhook_port: int, secret: str, stack: ExitStack) -> tuple[Tree, int]:
    """Everything of its own lies in `directory`. Its port mapper would outlive it, so that is
    started first, by us."""
    mqtt_port, amqp_port, distribution_port, epmd_port = free_ports(4)
    _configure(directory, mqtt_port, amqp_port, f"http://127.0.0.1:{webhook_port}/brokers/{secret}")
    environment = node_environment(
        directory, distribution_port=distribution_port, epmd_port=epmd_port
    )
    epmd = ["epmd", "-address", "127.0.0.1", "-port", str(epmd_port)]
    stack.enter_context(Program(epmd, [epmd_port], environment, How(directory=directory)))
    how = How(directory=directory, log=directory / "node.log")
    server = Program([str(PROGRAM), "-noinput"], [mqtt_port], environment, how)
    return stack.enter_context(server), mqtt_port


def _configure(directory: Path, mqtt_port: int, amqp_port: int, webhook: str) -> None:
    """The deployment's file, where there is one, but without a proxy in front."""
    configuration = directory / "conf.d"
    configuration.mkdir()
    (directory / "home").mkdir()
    deployed = settings.BASE_DIR / _DEPLOYED / "10-iotconsole.conf"
    if deployed.exists():
        shutil.copy(deployed, configuration)
    own = {
        "mqtt.listeners.tcp.1": f"127.0.0.1:{mqtt_port}",
        "mqtt.proxy_protocol": "false",
        "mqtt.allow_anonymous": "false",
        "mqtt.vhost": "/",
        "mqtt.tcp_listen_options.backlog": "4096",
        "listeners.tcp.1": f"127.0.0.1:{amqp_port}",
        "auth_backends.1": "internal",
        "auth_backends.2": "http",
        "auth_http.http_method": "post",
        **{f"auth_http.{ask}_path": f"{webhook}/rabbitmq/{ask}" for ask in _QUESTIONS},
        "disk_free_limit.absolute": "50MB",
        "log.console.level": "error",
        "log.connection.level": "error",
    }
    text = "".join(f"{name} = {value}\n" for name, value in own.items())
    (configuration / "90-bench.conf").write_text(text)
    (directory / "advanced.config").write_text(
        "[{rabbitmq_mqtt, [{ignore_colons_in_username, true}]}].\n"
    )
    (directory / "enabled_plugins").write_text(_PLUGINS)


_QUESTIONS = ("user", "vhost", "resource", "topic")
