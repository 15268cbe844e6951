"""Text that was typed and not sent, kept for its owner through a sign-out, a crash or a bad line.

It is no part of any record: nobody else can read it, and it is gone after some hours, or as soon as
the form is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.people.models.unsent_form import UnsentForm
from clinic.people.models.user import User

KEPT_FOR = timedelta(hours=12)
MOST_FORMS = 50
MOST_FIELDS = 200
MOST_CHARACTERS = 60_000


def keep_unsent(*, owner: User, place: str, fields: Mapping[str, str]) -> UnsentForm:
    """Keep what somebody has typed into a form, in place of what was kept before."""
    if len(fields) > MOST_FIELDS or sum(map(len, fields.values())) > MOST_CHARACTERS:
        raise ValidationError(_("This is too much text to keep."), code="too_long")
    row, _is_new = UnsentForm.objects.update_or_create(
        owner=owner,
        place=_hash(owner, place),
        defaults={"fields": dict(fields), "kept_at": timezone.now()},
    )
    own = UnsentForm.objects.filter(owner=owner)
    own.filter(pk__in=own.values_list("pk", flat=True)[MOST_FORMS:]).delete()
    return row


def find_unsent(*, owner: User, places: Sequence[str]) -> dict[str, UnsentForm]:
    """Return what is kept for the forms of a page, by place."""
    by_hash = {_hash(owner, place): place for place in places}
    rows = UnsentForm.objects.filter(
        owner=owner, place__in=by_hash, kept_at__gt=timezone.now() - KEPT_FOR
    )
    return {by_hash[row.place]: row for row in rows}


def drop_unsent(*, owner: User, place: str) -> None:
    """Forget a form that was sent or discarded."""
    UnsentForm.objects.filter(owner=owner, place=_hash(owner, place)).delete()


def forget_old_unsent() -> int:
    """Remove what was kept too long ago, and return how many forms."""
    return UnsentForm.objects.filter(kept_at__lte=timezone.now() - KEPT_FOR).delete()[0]


def _hash(owner: User, place: str) -> str:
    # As ASCII: a browser may send halves of characters, which no encoding takes.
    return salted_hmac(
        "clinic.unsent-form", f"{owner.pk} {place!a}", algorithm="sha256"
    ).hexdigest()
