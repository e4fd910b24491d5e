"""Names of the operations in the log, for people. The log itself and the API keep the codes."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_NAMES: Mapping[str, "str | Promise"] = {
    "register": _("Register"),
    "regnwl": _("Register (regnwl)"),
    "online": _("Connect"),
    "offline": _("Disconnect"),
    "publish": _("Publish"),
    "subscribe": _("Subscribe"),
    "add": _("Add device"),
    "add_batch": _("Add devices"),
    "import": _("Import fleet"),
    "alias": _("Edit alias"),
    "switch": _("Switch"),
    "clear": _("Clear"),
    "allow_registration": _("Allow registration"),
    "reset": _("Reset"),
    "enable": _("Enable"),
    "disable": _("Disable"),
    "delete": _("Delete"),
    "dynamic_registration_on": _("Turn on Dynamic Registration"),
    "dynamic_registration_off": _("Turn off Dynamic Registration"),
    "rotate_secret": _("Rotate the ProductSecret"),
    "end_overlap": _("Stop the old ProductSecret now"),
}


def operation_name(code: str) -> str:
    """The name in the reader's language; the code itself where it has none."""
    return str(_NAMES.get(code, code))


def operations_named(text: str) -> list[str]:
    """Codes of the operations whose name in the reader's language contains `text`."""
    wanted = text.casefold()
    return [code for code, name in _NAMES.items() if wanted in str(name).casefold()]
