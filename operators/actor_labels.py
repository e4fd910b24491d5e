"""Labels of actors: stored in English, shown in the reader's language."""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from operators.models.account import Operator


class KeyLabel(NamedTuple):
    """Label of an access key, kept after it is deleted. A name may be reused, an id is not."""

    name: str
    access_key_id: str

    def __str__(self) -> str:
        return f"{self.name} ({self.access_key_id})"

    @classmethod
    def read(cls, text: str) -> "KeyLabel":
        name, _, rest = text.rpartition(" (")
        return cls(name, rest.removesuffix(")"))


# No username has a blank in it.
_BY_KEY = "API key "
# What was done without an account, by where it was done.
_ORIGINS = {"shell": gettext_lazy("shell"), "system": gettext_lazy("system")}


def kept_name(origin: str, operator: "Operator | None", access_key: str) -> str:
    """An account's name, "API key " with the key's label, or where it was done (shell, system)."""
    if access_key:
        return f"{_BY_KEY}{access_key}"
    return operator.get_username() if operator else origin


def shown_name(kept: str) -> str:
    """Show what `kept_name` made, in the reader's language."""
    if kept.startswith(_BY_KEY):
        return _("API key %(key)s") % {"key": kept.removeprefix(_BY_KEY)}
    return str(_ORIGINS.get(kept, kept))
