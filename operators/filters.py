"""Which audit entries a list shows; every filter stands in the URL."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter
from common.web.forms import MomentInput
from operators.models import AuditEntry, Operator

ORIGINS = (
    ("console", _("Console")),
    ("shell", _("Shell")),
    ("api", _("API")),
    ("system", _("The server itself")),
)


class AuditFilter(ConsoleFilter[AuditEntry]):
    """`object` is one target exactly: what links from that object lead to."""

    who = django_filters.CharFilter(label=_("Who"), method="by")
    act = django_filters.CharFilter(label=_("Action"), lookup_expr="startswith")
    target = django_filters.CharFilter(label=_("Target"), lookup_expr="startswith")
    object = django_filters.CharFilter(field_name="target", widget=forms.HiddenInput)
    origin = django_filters.ChoiceFilter(label=_("Origin"), choices=ORIGINS, empty_label=_("All"))
    since = django_filters.IsoDateTimeFilter(
        label=_("From"), field_name="at", lookup_expr="gte", widget=MomentInput
    )
    until = django_filters.IsoDateTimeFilter(
        label=_("To"), field_name="at", lookup_expr="lte", widget=MomentInput
    )
    # What stands behind "More filters".
    rare = ("origin", "since", "until")
    targets = frozenset({"object", "target"})

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    def by(self, entries: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        """Filter by the account, or by the access key's name or AccessKeyId."""
        operator = Operator.objects.filter(username=value).first()
        if operator:
            return entries.filter(operator=operator)
        label = f"facts__{AuditEntry.KEY_FACT}__icontains"
        return entries.filter(origin="api", **{label: value})
