"""Where somebody is signed in, and how to end that remotely."""

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.db.models import QuerySet

from clinic.people.models.user import User
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


class ClinicSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Notes each session that is ended from another browser."""

    @transaction.atomic
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End the sessions, and add an audit row for each."""
        for session in sessions:
            record_session_ended(session.user)
            session.end()


def sessions_of(user: User, *, but: str | None = None) -> QuerySet[UserSession]:
    """Return the sessions of a user, optionally without the current one."""
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return sessions.exclude(session_key=but)


def end_sessions(user: User, *, but: str | None = None) -> None:
    """Sign somebody out everywhere, or everywhere but in one session."""
    for session in sessions_of(user, but=but):
        session.end()


def forget_ended_sessions() -> int:
    """Remove expired sessions, along with the addresses and browsers they came from."""
    call_command("clearsessions")
    ended = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return int(ended.delete()[0])


def record_session_ended(user: User) -> AuditEvent:
    """Note that somebody signed their account out in another browser."""
    detail = {"reason": "ended_remotely"}
    return record(AuditEvent.Verb.SIGN_OUT, actor=user, target=user, detail=detail)
