"""The products of an account, for administrators."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common.web.confirm_dialog import Act, ask
from common.web.forms import ConsoleForm, posted
from operators.account_views import account_or_404
from operators.guards import dangerous_admin_act
from operators.models import Operator
from operators.permissions import actor_of
from products.models import Product
from products.operations.grants import set_grants

_NAME = "of-{}"
CHOICES = (
    ("none", gettext_lazy("No access")),
    ("look", gettext_lazy("Can view")),
    ("change", gettext_lazy("Can view and change")),
)


class GrantsForm(ConsoleForm):
    """Every product, or one choice for each."""

    every_product = forms.BooleanField(
        label=gettext_lazy("All products"),
        required=False,
        help_text=gettext_lazy(
            "Includes products created later. Otherwise choose for each product:"
        ),
    )

    def __init__(self, account: Operator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = list(Product.objects.order_by("name").only("product_key", "name"))
        self.initial = {"every_product": account.every_product, **self.initial}
        for product in self.products:
            may_change = account.granted.get(product.product_key)
            now = {None: "none", False: "look", True: "change"}[may_change]
            self._add(product, now)

    def _add(self, product: Product, initial: str) -> None:
        label = f"{product.name} ({product.product_key})"
        field = forms.ChoiceField(label=label, choices=CHOICES, initial=initial)
        field.widget.attrs["class"] = "form-select form-select-sm"
        self.fields[_NAME.format(product.product_key)] = field

    @property
    def granted(self) -> dict[str, bool]:
        chosen = {
            product.product_key: self.cleaned_data[_NAME.format(product.product_key)]
            for product in self.products
        }
        return {key: choice == "change" for key, choice in chosen.items() if choice != "none"}


@dangerous_admin_act(gettext_noop("change the products of an account"))
def grants(request: HttpRequest, key: int) -> HttpResponse:
    account = account_or_404(key)
    whatever = _("An administrator always has all products.")
    act = Act.of(
        account,
        _("Products of %(name)s"),
        *((whatever,) if account.is_admin else ()),
        button=_("Save"),
        done=_("Changed the products of %(name)s."),
    )
    form = GrantsForm(account, posted(request))

    def perform(data: Mapping[str, Any]) -> object:
        every = bool(data["every_product"])
        return set_grants(actor_of(request), key, every_product=every, granted=form.granted)

    return ask(request, act, perform, form)
