"""Create the one account that needs no signed-in person: the first admin."""

from django.db import transaction

from clinic.people.models.user import User
from clinic.people.services.contact_news import tell_of_new_staff
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


@transaction.atomic
def create_admin(*, email: str, full_name: str) -> User:
    """Create an admin without a password; all other accounts are made on the accounts page."""
    user = User(email=email.lower(), full_name=full_name, role=User.Role.ADMIN)
    user.set_unusable_password()
    user.full_clean()
    user.save(force_insert=True)
    detail = {"role": user.role, "by": "command"}
    event = record(AuditEvent.Verb.CREATE, actor=None, target=user, detail=detail)
    tell_of_new_staff(user, event=event, actor=None)
    return user
