"""Who did something, in words: kept in English, shown in the reader's language."""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from operators.models.account import Operator


class KeyLabel(NamedTuple):
    """What is left of an access key that is deleted. A name may be given again, an id is not."""

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
    """What `kept_name` has made, in the reader's language."""
    if kept.startswith(_BY_KEY):
        return _("API key %(key)s") % {"key": kept.removeprefix(_BY_KEY)}
    return str(_ORIGINS.get(kept, kept))
