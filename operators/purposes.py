"""Purposes of confirmation codes: this act, on this target, towards this wished state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from common.text.stored_messages import told
from operators.models import Operator

# The one act whose code goes to its target instead of to the operator's verified number.
PHONE_VERIFY = "phone.verify"
# Confirms who sits there rather than one act; `operators.step_up` asks for it.
IDENTITY = "confirm.identity"
# Confirms that the owner of an account changes how it confirms; viewers have factors, too.
FACTOR_CHANGE = "second_factor.change"


@dataclass(frozen=True)
class Purpose:
    """Purpose of a code. `sentence` says it in words: "turn on … for product %(product)s".

    It is kept in English, apart from its `facts`; `words` tells it in the reader's language.
    """

    act: str
    target: str
    wished: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def words(self) -> str:
        return told(self.sentence, self.facts)

    @property
    def fact(self) -> dict[str, str]:
        """For what is stored and told later."""
        return {"words": self.sentence, **self.facts}

    @property
    def is_own_account(self) -> bool:
        """A viewer may confirm what concerns the own account only."""
        return self.act in {PHONE_VERIFY, FACTOR_CHANGE}

    @property
    def verifies_phone(self) -> bool:
        """Only a code that arrived at the number proves anything about the number."""
        return self.act == PHONE_VERIFY


def phone_purpose(number: PhoneNumber, operator: Operator) -> Purpose:
    """Verifying a number is itself a confirmation, sent to that number."""
    sentence = gettext_noop("verify this phone for %(name)s")
    facts = {"name": operator.get_username()}
    return Purpose(PHONE_VERIFY, f"phone/{number.as_e164}", "verified", sentence, facts)
