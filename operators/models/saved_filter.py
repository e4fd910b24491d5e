"""Filters of a list, kept under a name."""

from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from operators.models.account import Operator


class SavedFilter(models.Model):
    """A list's query string under a name, for its owner or for everybody.

    `page` is the list's URL name ("devices:list").
    """

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=48)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
    # What the owner sees when the list is opened without any filter.
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # A name is used once; also finds one's own filters of a list.
            models.UniqueConstraint(
                fields=["operator", "page", "name"], name="saved_filter_name_once"
            ),
            # A list opens with one filter or none.
            models.UniqueConstraint(
                fields=["operator", "page"],
                condition=Q(is_default=True),
                name="saved_filter_one_default",
            ),
        ]
        indexes = [
            # What others share for a list.
            models.Index(fields=["page"], condition=Q(shared=True), name="saved_filter_shared"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list with this filter; a list that is no more leads to the Overview."""
        try:
            return f"{reverse(self.page)}?{self.query}"
        except NoReverseMatch:
            return reverse("overview")

    @property
    def target(self) -> str:
        """How the audit trail names this filter."""
        return f"filter/{self.pk}"
