"""`manage.py device ACTION PRODUCT_KEY DEVICE_NAME`: what the console's Device Details does."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.ops.management import Answer, ShellCommand
from devices.operations import manage
from devices.summary import DeviceFacts, device_facts
from operators.actor import SHELL

Options = Mapping[str, Any]


def _show(_: Options) -> str:
    return ""


def _switch(options: Options) -> str:
    manage.switch(SHELL, *_name(options), options["client_id"])
    return (
        f"Kept ClientID {options['client_id']}. Every other physical device of this name is cut "
        "off, and further registration under it is refused until `device allow-registration`."
    )


def _clear(options: Options) -> str:
    refuse = options["refuse_registration"]
    device = manage.clear(SHELL, *_name(options), refuse_registration=refuse)
    blocked = device.registration_refused
    after = "blocked until `device allow-registration`" if blocked else "possible"
    return f"Cut off every physical device of this name. Registering again is {after}."


def _reset(options: Options) -> str:
    if manage.reset(SHELL, *_name(options)).registration_refused:
        return "Reset. Registering again is blocked until `device allow-registration`."
    return "Reset. The device may register again and gets the same DeviceSecret."


def _enable(options: Options) -> str:
    manage.set_enabled(SHELL, *_name(options), enabled=True)
    return "Enabled. The device may connect again."


def _disable(options: Options) -> str:
    manage.set_enabled(SHELL, *_name(options), enabled=False)
    return "Disabled. The device is cut off; its data is kept."


def _allow_registration(options: Options) -> str:
    manage.allow_registration(SHELL, *_name(options))
    return "Registration under this DeviceName is allowed again."


def _delete(options: Options) -> str:
    was_blocked = manage.delete_device(SHELL, *_name(options)).registration_refused
    done = "Deleted. Its DeviceSecret and ClientIDs open nothing any more."
    if was_blocked:
        done += " Registration under its DeviceName was blocked, and is not any more."
    return done


ACTIONS: dict[str, Callable[[Options], str]] = {
    "show": _show,
    "reset": _reset,
    "enable": _enable,
    "disable": _disable,
    "delete": _delete,
    "clear": _clear,
    "switch": _switch,
    "allow-registration": _allow_registration,
}


def _name(options: Options) -> tuple[str, str]:
    return options["product_key"], options["device_name"]


class Command(ShellCommand):
    help = "Show a device, or do to it what Device Details in the console does."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=ACTIONS)
        parser.add_argument("product_key", metavar="PRODUCT_KEY")
        parser.add_argument("device_name", metavar="DEVICE_NAME")
        parser.add_argument(
            "client_id", metavar="CLIENT_ID", nargs="?", help="For switch: the ClientID to keep."
        )
        parser.add_argument(
            "--refuse-registration",
            action="store_true",
            help="With clear: refuse new registrations under this DeviceName, too.",
        )

    def act(self, options: Options) -> Answer:
        action = options["action"]
        if (action == "switch") != bool(options["client_id"]):
            raise CommandError("`device switch`, and no other action, takes a CLIENT_ID.")
        if options["refuse_registration"] and action != "clear":
            raise CommandError("--refuse-registration belongs to `device clear`.")
        words = ACTIONS[action](options)
        product_key, device_name = _name(options)
        told: dict[str, Any] = {"product_key": product_key, "device_name": device_name}
        if action != "delete":
            facts = device_facts(product_key, device_name)
            words = f"{words}\n{_words(facts)}" if words else _words(facts)
            told |= facts.as_data()
        return Answer(words, {"action": action, **told})


def _words(facts: DeviceFacts) -> str:
    lines = [f"{facts.device_name}: {facts.state.label}"]
    for label, moment in (
        ("added", facts.created_at),
        ("registered", facts.registered_at),
        ("activated", facts.activated_at),
    ):
        lines.append(
            f"  {label:<11} {moment:%Y-%m-%d %H:%M:%S %Z}" if moment else f"  {label:<11} -"
        )
    lines += [f"  ClientID    {client}" for client in facts.client_ids]
    if facts.secret_blocked:
        lines.append("  The DeviceSecret opens nothing until `device reset`.")
    if facts.registration_refused:
        lines.append("  Registration is refused until `device allow-registration`.")
    return "\n".join(lines)
