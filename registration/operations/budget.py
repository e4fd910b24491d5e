"""The budgets of the products of one batch, counted while their rows are held."""

from django.db.models import Case, When

from products.models import Product


class Budgets:
    """Counts on the product objects of the batch, which nobody else can change meanwhile."""

    def __init__(self) -> None:
        self._counted: dict[int, Product] = {}

    def has_place(self, product: Product) -> bool:
        budget = product.registration_budget
        return budget is None or product.registration_used < budget

    def take(self, product: Product) -> None:
        """Count one more registration; products without a budget count nothing."""
        if product.registration_budget is not None:
            product.registration_used += 1
            self._counted[product.pk] = product

    def save(self) -> None:
        """One UPDATE, or none when nothing was counted."""
        if self._counted:
            counts = [When(pk=key, then=p.registration_used) for key, p in self._counted.items()]
            Product.objects.filter(pk__in=self._counted).update(registration_used=Case(*counts))
