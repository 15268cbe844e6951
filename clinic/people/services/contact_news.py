"""Tell the right people about new logins, and about changes to contact data or sign-in.

The old address and phone are told, without the new ones, and so are the people who would notice
that the change was not intended.
"""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from clinic.core.mail import send_mail, send_text
from clinic.core.sms import has_sms
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import active_admins, treating_doctors, watchers_of
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify

Kind = Notification.Kind


def tell_of_login(patient: Patient, *, event: AuditEvent, actor: User) -> None:
    """Tell the patient's phone, the admins and the treating doctors that there is a login now."""
    _send_text("login_made", patient, phone=str(patient.phone or ""))
    _tell_those_who_watch(patient, Kind.LOGIN_MADE, event=event, actor=actor)


def tell_of_contact_change(
    patient: Patient, *, old_email: str, old_phone: str, event: AuditEvent, actor: User
) -> None:
    """Tell the old address and phone, and people of the clinic where those are not enough.

    An old value is empty if it did not change or there was none.
    """
    _send_mail("contact_changed", patient, to=old_email)
    _send_text("contact_changed", patient, phone=old_phone)
    is_told = bool(old_email) or (bool(old_phone) and has_sms())
    is_of_login = bool(old_email) and patient.user_id is not None
    if actor.pk != patient.user_id and (is_of_login or not is_told):
        _tell_those_who_watch(patient, Kind.CONTACT_CHANGED, event=event, actor=actor)


def tell_of_sign_in_change(
    user: User, *, addresses: Iterable[str], event: AuditEvent, actor: User
) -> None:
    """Tell all the person's addresses, and for staff also the other admins."""
    for address in dict.fromkeys(addresses):
        _send_mail("sign_in_changed", user, to=address)
    if user.role != User.Role.PATIENT:
        _tell_watchers(user, Kind.ACCOUNT_CHANGED, event=event, actor=actor)


def tell_of_new_staff(user: User, *, event: AuditEvent, actor: User | None) -> None:
    """Tell the other admins of each new account that opens more than the person's own record."""
    _tell_watchers(user, Kind.ACCOUNT_MADE, event=event, actor=actor)


def _tell_watchers(user: User, kind: Kind, *, event: AuditEvent, actor: User | None) -> None:
    notify(
        recipients=watchers_of(actor, user),
        kind=kind,
        url_name="clinic:account_edit",
        object_key=user.pk,
        fact_key=event.pk,
    )


def _tell_those_who_watch(patient: Patient, kind: Kind, *, event: AuditEvent, actor: User) -> None:
    watching = active_admins() | treating_doctors(patient)
    notify(
        recipients=watching.exclude(pk=actor.pk).distinct(),
        kind=kind,
        url_name="clinic:patient_detail",
        object_key=patient.pk,
        fact_key=event.pk,
    )


def _send_mail(name: str, person: Patient | User, *, to: str) -> None:
    if to:
        context = {"person": person}
        send = partial(send_mail, name, to=to, language=person.language, context=context)
        transaction.on_commit(send)


def _send_text(name: str, patient: Patient, *, phone: str) -> None:
    if phone and has_sms():
        send = partial(send_text, name, to=phone, language=patient.language, context={})
        transaction.on_commit(send)
