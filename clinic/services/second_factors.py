"""What an admin does for somebody whose telephone is gone."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from clinic.models import User
from clinic.services.audit import record_second_factor


@transaction.atomic
def remove_second_factors(*, user: User, actor: User) -> None:
    """Takes every second factor from an account, and signs the person out everywhere."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    record_second_factor(actor, change="removed", kind="all", of=user)


def end_sessions(user: User, *, but: str | None = None) -> None:
    """Signs somebody out everywhere, or everywhere but in one session."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=but):
        session.end()
