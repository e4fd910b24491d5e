"""What an operator types about a product (console_api.md 1.3)."""

from django import forms

from iotconsole.kit.forms import ConsoleForm
from products.models import DataFormat, NetType, NodeType


class EditProductForm(ConsoleForm):
    """What stays changeable after creation."""

    name = forms.CharField(
        label="Product Name",
        max_length=60,
        help_text="4 to 30 characters: letters, digits and _ - @ ( ). "
        "A Chinese or Japanese character counts as two.",
    )
    description = forms.CharField(
        label="Product Description",
        required=False,
        max_length=100,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="At most 100 characters.",
    )


class ProductForm(EditProductForm):
    node_type = forms.TypedChoiceField(label="Node Type", choices=NodeType.choices, coerce=int)
    net_type = forms.ChoiceField(label="Network Connection Method", choices=NetType.choices)
    data_format = forms.TypedChoiceField(
        label="Data Type",
        choices=sorted(DataFormat.choices, reverse=True),
        coerce=int,
    )
    field_order = ("name", "node_type", "net_type", "data_format", "description")
