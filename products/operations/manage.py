"""Create, change, publish and delete a product."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import Actor
from operators.operations import audit
from products.broker_topics import UNFIT
from products.models import (
    DataConnections,
    DataFormat,
    NetType,
    NodeType,
    Product,
    ProductGrant,
    ProductStatus,
)

_PUBLISH = "product.publish", gettext_noop("Published product %(name)s")
_UNPUBLISH = "product.unpublish", gettext_noop("Cancelled publishing of product %(name)s")
LONGEST_DESCRIPTION = 100
# DeviceNames told of those that keep a product from a broker.
_NAMED = 10
_NAME = re.compile(r"[\w\-@()]+", re.UNICODE)


def wide_length(text: str) -> int:
    """Length as the platform counts it: a Chinese or Japanese character counts two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def check_name(name: str) -> str:
    """The name without surrounding space; raises OperationError (console_api.md 1.3)."""
    name = name.strip()
    if not 4 <= wide_length(name) <= 30:
        raise OperationError(
            _("A product name has 4 to 30 characters; a Chinese or Japanese one counts as two."),
            field="name",
        )
    if not _NAME.fullmatch(name):
        raise OperationError(
            _("A product name may contain only letters, digits and _ - @ ( )."), field="name"
        )
    return name


def check_description(description: str) -> str:
    """Without surrounding space; raises OperationError (console_api.md 1.3)."""
    description = description.strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise OperationError(
            _("A description has at most %(most)s characters.") % {"most": LONGEST_DESCRIPTION},
            field="description",
        )
    return description


def create_product(
    actor: Actor,
    name: str,
    *,
    description: str = "",
    node_type: int = NodeType.DIRECT,
    net_type: str = NetType.WIFI,
    data_format: int = DataFormat.ALINK_JSON,
    data_connections: str = DataConnections.SERVER,
) -> Product:
    """Create a product with a new ProductKey and ProductSecret; Dynamic Registration is off."""
    product = Product(
        name=check_name(name),
        description=check_description(description),
        node_type=node_type,
        net_type=net_type,
        data_format=data_format,
        data_connections=data_connections,
    )
    with _name_conflict(product.name), transaction.atomic():
        product.save()
        _let_its_maker_change_it(actor, product)
        summary = gettext_noop("Created product %(name)s")
        audit.record(actor, "product.create", product.target, summary, name=product.name)
    return product


def _let_its_maker_change_it(actor: Actor, product: Product) -> None:
    """Grant the new product to its maker, who would not see it otherwise."""
    if actor.operator and not actor.operator.sees_every_product:
        ProductGrant.objects.create(operator=actor.operator, product=product, may_change=True)


def update_product(
    actor: Actor, product_key: str, *, name: str, description: str, data_connections: str = ""
) -> Product:
    """Rename, redescribe, or let another broker carry its data connections (empty: the same).

    Refused while the product is published, and when it has devices that the broker cannot carry.
    """
    name, description = check_name(name), check_description(description)
    with _name_conflict(name), transaction.atomic():
        product = _locked(product_key)
        _refuse_published(
            product, _("A published product cannot be changed. Cancel publishing first.")
        )
        product.name, product.description = name, description
        if data_connections and data_connections != product.data_connections:
            _refuse_not_carried(product, data_connections)
            product.data_connections = data_connections
        product.save(update_fields=["name", "description", "data_connections"])
        summary = gettext_noop("Changed product %(name)s")
        audit.record(actor, "product.update", product.target, summary, name=name)
    return product


def set_published(actor: Actor, product_key: str, *, published: bool) -> Product:
    """Publish (nothing about it can be edited then) or cancel publishing."""
    with transaction.atomic():
        product = _locked(product_key)
        product.status = ProductStatus.PUBLISHED if published else ProductStatus.DEVELOPMENT
        product.save(update_fields=["status"])
        act, summary = _PUBLISH if published else _UNPUBLISH
        audit.record(actor, act, product.target, summary, name=product.name)
    return product


def delete_product(actor: Actor, product_key: str) -> None:
    """Delete a product that has no devices and is not published."""
    with _devices_are_a_conflict(), transaction.atomic():
        product = _locked(product_key)
        _refuse_published(
            product, _("A published product cannot be deleted. Cancel publishing first.")
        )
        if product.devices.exists():
            raise IntegrityError  # as the database does a moment later, having read all of them
        target, name = product.target, product.name
        product.delete()
        summary = gettext_noop("Deleted product %(name)s")
        audit.record(actor, "product.delete", target, summary, name=name)


def _refuse_not_carried(product: Product, carrier: str) -> None:
    """Refuse names the broker cannot carry. Adding such a device holds the product, too."""
    unfit = reduce(or_, (Q(device_name__contains=c) for c in UNFIT.get(carrier, "")), Q(pk=None))
    found = product.devices.filter(unfit).values_list("device_name", flat=True)
    names = list(found.order_by("pk")[: _NAMED + 1])
    if names:
        more = ["…"] if len(names) > _NAMED else []
        raise ConflictError(
            _(
                "%(broker)s does not support these devices, whose names have a dot or colon: "
                "%(names)s"
            )
            % {
                "broker": DataConnections(carrier).label,
                "names": ", ".join(names[:_NAMED] + more),
            },
            field="data_connections",
        )


@contextmanager
def _devices_are_a_conflict() -> Iterator[None]:
    """Also one that is being added: the database finds it when the product is gone."""
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(_("This product still has devices. Delete them first.")) from error


@contextmanager
def _name_conflict(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        text = _("A product named %(name)s already exists.") % {"name": name}
        raise ConflictError(text, field="name") from error


def _locked(product_key: str) -> Product:
    try:
        return Product.objects.select_for_update(no_key=True).get(product_key=product_key)
    except Product.DoesNotExist as error:
        raise NotFoundError(_("This product does not exist.")) from error


def _refuse_published(product: Product, words: str) -> None:
    if product.published:
        raise ConflictError(words)
