"""Plain words for what an audit event was about."""

from collections.abc import Mapping

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clinic.trail.models.audit import AuditEvent

# Each app's names for its rows and lists, registered when the app is ready.
_targets: dict[str, str | Promise] = {}
_lists: dict[str, str | Promise] = {}
# Events whose action says it all.
WITHOUT_THING = (AuditEvent.Verb.SIGN_IN, AuditEvent.Verb.SIGN_OUT)


def tell_words(*, targets: Mapping[str, str | Promise], lists: Mapping[str, str | Promise]) -> None:
    """Register an app's names for its rows (by label) and its lists (by name) in the trail."""
    _targets.update(targets)
    _lists.update(lists)


def words_for(event: AuditEvent) -> str | Promise:
    """Return what was read or changed, as pages call it, or else as the database does."""
    if event.verb in WITHOUT_THING:
        return ""
    if "second_factor" in event.detail:
        return _("Second sign-in step")
    if "record" in event.detail:
        return _("The patient’s access to the record")
    named = event.detail.get("list") or event.detail.get("what") or event.detail.get("of")
    if isinstance(named, str) and named in _lists:
        return _lists[named]
    return _targets.get(event.target_type) or _name_of_model(event.target_type) or str(named or "")


def _name_of_model(label: str) -> str:
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return ""
