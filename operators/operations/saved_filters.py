"""Keeping the filters of a list under a name. What others see is audited, the rest is private."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import Actor
from operators.models import Operator, SavedFilter
from operators.operations import audit

# What says where in a list one is, and not what the list shows.
PLACES = frozenset({"after", "before", "id", "saved", "seen", "upto"})
_LONGEST = 1000
_MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """An operator's choices for a filter. Sharing needs the right to change things."""

    name: str
    shared: bool = False
    is_default: bool = False


def normalised(query: str) -> str:
    """The filters in `query` that are set, in one order: equal filters are equal text."""
    pairs = parse_qsl(query.lstrip("?"), max_num_fields=_MOST_FIELDS)
    return urlencode(sorted(pair for pair in pairs if pair[0] not in PLACES))


def save(actor: Actor, owner: Operator, page: str, query: str, wish: Wish) -> SavedFilter:
    """Raises ConflictError when the owner has one of this name for this list."""
    kept = normalised(query)
    if not kept or len(kept) > _LONGEST or not _is_list(page):
        raise OperationError(_("There is no filter to save."))
    saved = SavedFilter(operator=owner, page=page, query=kept)
    return _write(actor, saved, wish)


def change(actor: Actor, owner: Operator, key: int, wish: Wish) -> SavedFilter:
    """Rename, share or not, open the list with it or not. Raises NotFoundError, ConflictError."""
    return _write(actor, _own(owner, key), wish)


def delete(actor: Actor, owner: Operator, key: int) -> None:
    """Raises NotFoundError unless it is the owner's."""
    with transaction.atomic():
        saved = _own(owner, key)
        if saved.shared:
            summary = gettext_noop("Deleted the shared filter %(name)s")
            audit.record(actor, "filter.delete", saved.target, summary, name=saved.name)
        saved.delete()


def _own(owner: Operator, key: int) -> SavedFilter:
    saved = SavedFilter.objects.filter(operator=owner, pk=key).first()
    if saved is None:
        raise NotFoundError(_("This filter does not exist or was deleted."))
    return saved


def _write(actor: Actor, saved: SavedFilter, wish: Wish) -> SavedFilter:
    was_shared = saved.shared
    saved.name, saved.is_default = wish.name.strip(), wish.is_default
    saved.shared = wish.shared and saved.operator.may_change
    try:
        with transaction.atomic():
            if saved.is_default:
                others = saved.operator.saved_filters.filter(page=saved.page, is_default=True)
                others.exclude(pk=saved.pk).update(is_default=False)
            saved.save()
            if saved.shared != was_shared:
                _note_sharing(actor, saved)
    except IntegrityError as error:
        raise ConflictError(
            _("You already have a filter with this name for this list."), field="name"
        ) from error
    return saved


def _note_sharing(actor: Actor, saved: SavedFilter) -> None:
    summary = (
        gettext_noop("Shared the filter %(name)s with everybody")
        if saved.shared
        else gettext_noop("Stopped sharing the filter %(name)s")
    )
    audit.record(actor, "filter.share", saved.target, summary, name=saved.name)


def _is_list(page: str) -> bool:
    try:
        return bool(reverse(page))
    except NoReverseMatch:
        return False
