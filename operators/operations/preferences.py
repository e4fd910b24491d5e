"""How the console looks to one operator. Nobody else sees it, so it is not audited."""

from operators.models import Operator


def set_language(operator: Operator, language: str) -> None:
    """A code of LANGUAGES, or empty for the browser's."""
    Operator.objects.filter(pk=operator.pk).update(language=language)


def set_time_zone(operator: Operator, time_zone: str) -> None:
    """A name of `preferences.time_zones`, or empty for the browser's."""
    Operator.objects.filter(pk=operator.pk).update(time_zone=time_zone)
