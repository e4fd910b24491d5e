"""Access keys: made, changed, switched off and deleted."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import Actor
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.models.access_key import LONGEST_NAME
from operators.operations import audit


def create_access_key(
    actor: Actor, name: str, scope: AccessKeyScope, operator: Operator | None = None
) -> AccessKey:
    """A new key; its secret stands on the returned object and is shown now or never.

    It is the actor's own. The shell may make it for any operator, or for none: for every product.
    """
    owner = operator or actor.operator
    if actor.operator is not None and owner != actor.operator:
        raise ConflictError(_("Only its owner can create an access key."))
    if owner is not None and not (owner.is_active and owner.may_change):
        raise ConflictError(
            _("The account %(name)s may not change anything, so it cannot have an access key.")
            % {"name": owner.get_username()},
            field="operator",
        )
    key = AccessKey(name=_checked(name), scope=scope, operator=owner)
    with _name_taken_is_a_conflict(), transaction.atomic():
        key.save(force_insert=True)
        summary = gettext_noop("Created access key %(name)s, scope %(scope)s")
        audit.record(
            actor, "access_key.create", key.target, summary, name=key.name, scope=_words(scope)
        )
    return key


def change_access_key(
    actor: Actor, access_key_id: str, name: str, scope: AccessKeyScope
) -> AccessKey:
    """Give it another name or scope. Raises NotFoundError, ConflictError."""
    with _name_taken_is_a_conflict(), _minded(actor, access_key_id) as key:
        key.name, key.scope = _checked(name), scope
        key.save(update_fields=["name", "scope"])
        summary = gettext_noop("Changed access key: name %(name)s, scope %(scope)s")
        audit.record(
            actor, "access_key.change", key.target, summary, name=key.name, scope=_words(scope)
        )
    return key


def set_access_key_enabled(actor: Actor, access_key_id: str, *, enabled: bool) -> AccessKey:
    """Raises NotFoundError, or ConflictError when it is so already."""
    with _minded(actor, access_key_id) as key:
        if key.enabled == enabled:
            raise ConflictError(
                _("The access key is already enabled.")
                if enabled
                else _("The access key is already disabled.")
            )
        key.enabled = enabled
        key.save(update_fields=["enabled"])
        summary = (
            gettext_noop("Enabled access key %(name)s")
            if enabled
            else gettext_noop("Disabled access key %(name)s")
        )
        act = "access_key.enable" if enabled else "access_key.disable"
        audit.record(actor, act, key.target, summary, name=key.name)
    return key


def delete_access_key(actor: Actor, access_key_id: str) -> None:
    """For good; whoever signs with it is refused from now on. Raises NotFoundError."""
    with _minded(actor, access_key_id, to_delete=True) as key:
        summary = gettext_noop("Deleted access key %(name)s")
        audit.record(actor, "access_key.delete", key.target, summary, name=key.name)
        key.delete()


@contextmanager
def _minded(actor: Actor, access_key_id: str, *, to_delete: bool = False) -> Iterator[AccessKey]:
    """The key, locked: one's own, or any for administrators and the shell.

    One that is to be deleted may get no further nonce, or whoever keeps using it keeps it.
    """
    with transaction.atomic():
        locked = AccessKey.objects.select_for_update(of=("self",), no_key=not to_delete)
        keys = locked.defer("secret")
        if actor.operator and not actor.operator.is_admin:
            keys = keys.filter(operator=actor.operator)
        key = keys.filter(access_key_id=access_key_id).first()
        if key is None:
            raise NotFoundError(_("This access key does not exist or was deleted."))
        yield key


@contextmanager
def _name_taken_is_a_conflict() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(
            _("There is already an access key with this name."), field="name"
        ) from error


def _checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise OperationError(
            _("A name has 1 to %(most)s characters.") % {"most": LONGEST_NAME}, field="name"
        )
    return name


def _words(scope: AccessKeyScope) -> dict[str, str]:
    """The scope in English, for the audit trail."""
    with translation.override(None):
        return {"words": str(AccessKeyScope(scope).label)}
