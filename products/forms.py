"""Forms for products (console_api.md 1.3)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.web.forms import ConsoleForm
from products.models import DataConnections, DataFormat, NetType, NodeType


class EditProductForm(ConsoleForm):
    """Fields that stay changeable after creation."""

    name = forms.CharField(
        label=_("Product Name"),
        max_length=60,
        help_text=_(
            "4 to 30 characters: letters, digits and _ - @ ( ). "
            "A Chinese or Japanese character counts as two."
        ),
    )
    description = forms.CharField(
        label=_("Product Description"),
        required=False,
        max_length=100,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("At most 100 characters."),
    )
    data_connections = forms.ChoiceField(
        label=_("Data Connections"),
        choices=DataConnections.choices,
        help_text=_(
            "Where devices connect once they are registered. A broker asks this server about "
            "each of them; RabbitMQ does not support a DeviceName with a dot or colon."
        ),
    )


class ProductForm(EditProductForm):
    node_type = forms.TypedChoiceField(label=_("Node Type"), choices=NodeType.choices, coerce=int)
    net_type = forms.ChoiceField(label=_("Network Connection Method"), choices=NetType.choices)
    data_format = forms.TypedChoiceField(
        label=_("Data Type"),
        choices=sorted(DataFormat.choices, reverse=True),
        coerce=int,
    )
    field_order = (
        "name",
        "node_type",
        "net_type",
        "data_format",
        "data_connections",
        "description",
    )
