"""The Compose file, as far as it can be judged without a container engine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.deploy.programs import HAPROXY, program
from tests.deploy.test_files import SETTINGS, make_certificates
from tests.deploy.units import DEPLOY, SYSTEMD, assignments, lines_of
from tests.deploy.yaml_subset import load

HERE = DEPLOY / "compose"
COMPOSE = load((HERE / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROGRAM: dict[str, Any] = load((HERE / "program.yaml").read_text())["services"]["program"]
OURS = {name: each for name, each in SERVICES.items() if "extends" in each}
DOCKERFILE = (HERE / "Dockerfile").read_text()


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    return dict(service.get("environment", {}))


def mounted_files() -> Iterator[tuple[str, str]]:
    for service in [*SERVICES.values(), PROGRAM]:
        for volume in service.get("volumes", []):
            source, target, *_ = volume.split(":")
            yield source, target


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """deploy/ after make-secrets.sh."""
    copy = tmp_path_factory.mktemp("site") / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run(["sh", copy / "compose" / "make-secrets.sh"], check=True)
    return copy / "compose"


def test_it_has_every_part_of_a_site() -> None:
    wanted = {"postgres", "rabbitmq", "haproxy", "console", "machines", "worker"}
    assert wanted | {"listener1", "listener2", "prepare"} == SERVICES.keys()


def test_every_name_it_sets_for_our_programs_is_a_setting() -> None:
    names = {*assignments(HERE / "iotconsole.env"), *environment_of(PROGRAM)}
    for service in OURS.values():
        assert service["extends"] == {"file": "program.yaml", "service": "program"}
        names |= environment_of(service).keys()
    assert {name.removesuffix("_FILE") for name in names} <= SETTINGS


def test_every_file_it_mounts_is_there(made: Path) -> None:
    files = [source for source, _ in mounted_files() if source.startswith(".")]
    files += [secret["file"] for secret in COMPOSE["secrets"].values()]
    files += PROGRAM["env_file"]
    assert len(files) > len(COMPOSE["secrets"])
    assert [file for file in files if not (made / file).is_file()] == []


def test_every_name_it_uses_is_declared() -> None:
    volumes = {source for source, _ in mounted_files() if not source.startswith(".")}
    assert volumes == COMPOSE["volumes"].keys()
    for service in [*SERVICES.values(), PROGRAM]:
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        assert set(service.get("networks", [])) <= COMPOSE["networks"].keys()
        assert set(service.get("depends_on", [])) <= SERVICES.keys()


def test_secrets_are_made_once_and_fit_together(made: Path) -> None:
    secrets = {file.name: file.read_text() for file in (made / "secrets").iterdir()}
    passwords = [secrets[name] for name in ("database_password", "broker_webhook_secret")]
    assert all(re.fullmatch(r"[0-9a-f]{32}", password) for password in passwords)
    assert f":{passwords[0]}@postgres:" in secrets["database_url"]
    site = secrets["90-site.conf"]
    assert site.count(f"http://haproxy:8002/brokers/{passwords[1]}/rabbitmq/") == 4
    assert f"default_pass = {secrets['rabbitmq_password']}\n" in site
    again = subprocess.run(
        ["sh", made / "make-secrets.sh"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr
    assert (made / "secrets" / "database_url").read_text() == secrets["database_url"]


def test_the_proxy_accepts_its_configuration(tmp_path: Path) -> None:
    """With the paths of the containers for those that are here."""
    service = SERVICES["haproxy"]
    make_certificates(tmp_path)
    places = {target: str((HERE / source).resolve()) for source, target in mounted_files()}
    places["/certificates"] = str(tmp_path)
    environment = {
        name: re.sub(r"^(/certificates|/etc/haproxy/\S+)", lambda m: places[m[0]], str(value))
        for name, value in environment_of(service).items()
    }
    words = [places.get(word, word) for word in service["command"].split()]
    assert words[0] == "haproxy"
    told = subprocess.run(
        [program(HAPROXY), "-c", *words[1:]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_it_runs_the_commands_of_the_units() -> None:
    for name, unit in (("console", "console"), ("machines", "machines"), ("worker", "worker")):
        started = dict(lines_of(SYSTEMD / f"iotconsole-{unit}.service"))["ExecStart"]
        application = started.split()[-1]
        assert SERVICES[name]["command"].split()[-1] == application


def test_the_image_is_made_of_what_is_here() -> None:
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    assert [path for path in copied if not (settings.BASE_DIR / path).exists()] == []
    packages = {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} <= set(copied)
    sent = (HERE / "Dockerfile.dockerignore").read_text().split()
    assert {f"!{path}" for path in copied} <= set(sent)


def test_our_accounts_have_one_number() -> None:
    number = re.search(r"--uid (\d+)", DOCKERFILE)
    assert number
    assert SERVICES["haproxy"]["user"] == f"{number[1]}:{number[1]}"
