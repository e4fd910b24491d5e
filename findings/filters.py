"""Which findings a list shows."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter
from findings.models import Finding, FindingKind, FindingState
from products.filters import by_product


class FindingFilter(ConsoleFilter[Finding]):
    """Without a state, the open ones."""

    kind = django_filters.ChoiceFilter(
        label=_("Finding"), choices=FindingKind.choices, empty_label=_("All")
    )
    product = by_product()
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[*FindingState.choices[1:], ("all", _("All"))],
        empty_label=FindingState.OPEN.label,
        method="by_state",
    )

    class Meta:
        model = Finding
        fields: tuple[str, ...] = ()

    @property
    def rows(self) -> QuerySet[Finding]:
        found = super().rows
        return found if self.form["state"].value() else found.filter(state=FindingState.OPEN)

    def by_state(self, findings: QuerySet[Finding], _name: str, value: str) -> QuerySet[Finding]:
        return findings if value == "all" else findings.filter(state=value)
