"""A session as its owner recognises it."""

from django import template
from django.utils.translation import gettext as _

from operators.models import SignedIn
from operators.session_middleware import browser_of

register = template.Library()


@register.filter
def browser(session: SignedIn) -> str:
    """`Firefox on Linux`, or as much of it as is known."""
    name, system = browser_of(session.user_agent)
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or _("Unknown browser")
