"""Browser names that people recognise, and when each session was last used."""

from datetime import datetime

from django import template
from django.utils.translation import gettext as _
from ua_parser import parse

from clinic.people.idle import last_click_at

register = template.Library()


@register.filter
def browser_in_words(user_agent: str) -> str:
    """Return the browser and system that a request came from, as far as they are known."""
    told = parse(user_agent)
    if told.user_agent is None:
        return _("Unknown browser")
    if told.os is None:
        return told.user_agent.family
    return _("%(browser)s on %(system)s") % {
        "browser": told.user_agent.family,
        "system": told.os.family,
    }


@register.filter
def last_seen(session_key: str) -> datetime | None:
    """Return when somebody last clicked in the session, not counting background requests."""
    return last_click_at(session_key)
