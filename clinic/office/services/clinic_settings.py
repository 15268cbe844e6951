"""Change the clinic's settings."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.files.bound import file_of
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.services.record_endings import announce_expired, tell_admins
from clinic.people.models.record_ending import RetentionProposal
from clinic.people.models.user import User
from clinic.people.permissions import active_admins
from clinic.people.services.account_history import last_admin_left_at, refuse_puppet
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

THE_ROW = 1
# With only one admin nobody can confirm, so there is a week to notice and withdraw it.
ALONE_WAITS = timedelta(days=7)
NOTHING_WAITS = _("There is nothing here for you to confirm any more.")


class SettingsChangedError(ValidationError):
    """Somebody else has changed the settings since they were read."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody else has changed the settings in the meantime. Your changes are not "
                "saved yet."
            ),
            code="settings_changed",
        )


@transaction.atomic
def change_clinic_settings(
    *, actor: User, version: int, values: Mapping[str, object]
) -> ClinicSettings:
    """Store an admin's settings, unless another admin has changed them since.

    A shorter retention period is only proposed: another admin has to confirm it.
    """
    row = _locked_row()
    if row.version != version:
        raise SettingsChangedError
    values = dict(values)
    years = values.get("retention_years")
    if isinstance(years, int) and years < row.retention_years:
        del values["retention_years"]
        _propose_years(years, actor=actor)
    elif isinstance(years, int) and years > row.retention_years:
        # A longer period applies at once, and withdraws any proposal of a shorter one.
        withdraw_proposal(actor=actor)
    before = {name: getattr(row, name) for name in values}
    changed = [name for name, value in values.items() if before[name] != value]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, values[name])
    row.version += 1
    _save(row)
    detail = {name: [_plain(before[name]), _plain(getattr(row, name))] for name in changed}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=row, detail=detail)
    return row


@transaction.atomic
def confirm_proposal(*, actor: User) -> ClinicSettings:
    """Apply the shorter retention period that another admin has proposed."""
    row = _locked_row()
    proposal = RetentionProposal.objects.waiting().select_for_update().first()
    if proposal is None:
        raise ValidationError(NOTHING_WAITS, code="decided")
    if proposal.proposed_by == actor:
        raise ValidationError(
            _("A second admin has to confirm this, because you proposed it."), code="same_person"
        )
    refuse_puppet(actor, of=proposal.proposed_by)
    return _set_years(row, proposal, actor=actor, outcome=RetentionProposal.Outcome.CONFIRMED)


@transaction.atomic
def withdraw_proposal(*, actor: User) -> RetentionProposal | None:
    """Withdraw one's own proposal or refuse another's; return it, or nothing if there is none."""
    proposal = RetentionProposal.objects.waiting().select_for_update().first()
    if proposal is None:
        return None
    proposal.outcome = RetentionProposal.Outcome.WITHDRAWN
    proposal.decided_by, proposal.decided_at = actor, timezone.now()
    proposal.save()
    record(AuditEvent.Verb.UPDATE, actor=actor, target=proposal, detail={"outcome": "withdrawn"})
    if proposal.proposed_by_id != actor.pk:
        notify(
            recipients=[proposal.proposed_by],
            kind=Notification.Kind.RETENTION_REFUSED,
            url_name="clinic:record_endings",
            object_key="",
            fact_key=proposal.pk,
        )
    return proposal


def waits_alone(proposal: RetentionProposal) -> bool:
    """Return whether there is nobody to confirm the proposal, so that it has to wait a week."""
    return not active_admins().exclude(pk=proposal.proposed_by_id).exists()


def holds_alone_from(proposal: RetentionProposal) -> datetime:
    """Return when the proposal will have waited a week without a second admin."""
    alone_at = last_admin_left_at(but=[proposal.proposed_by_id]) or proposal.proposed_at
    return max(proposal.proposed_at, alone_at) + ALONE_WAITS


@transaction.atomic
def settle_proposal() -> None:
    """Apply a proposal that has waited a week in a clinic with only one admin."""
    row = _locked_row()
    proposal = RetentionProposal.objects.waiting().select_for_update().first()
    if proposal is None or not waits_alone(proposal) or holds_alone_from(proposal) > timezone.now():
        return
    _set_years(row, proposal, actor=None, outcome=RetentionProposal.Outcome.WAITED)


def _propose_years(years: int, *, actor: User) -> None:
    waiting = RetentionProposal.objects.waiting().select_for_update().first()
    if waiting is not None and waiting.years == years:
        return
    withdraw_proposal(actor=actor)
    proposal = RetentionProposal(years=years, proposed_by=actor)
    proposal.full_clean()
    proposal.save(force_insert=True)
    record(AuditEvent.Verb.CREATE, actor=actor, target=proposal, detail={"years": years})
    tell_admins(Notification.Kind.RETENTION_PROPOSED, fact_key=proposal.pk, but=actor)


def _set_years(
    row: ClinicSettings, proposal: RetentionProposal, *, actor: User | None, outcome: str
) -> ClinicSettings:
    before, row.retention_years = row.retention_years, proposal.years
    row.version += 1
    _save(row)
    proposal.outcome, proposal.decided_by, proposal.decided_at = outcome, actor, timezone.now()
    proposal.save()
    detail = {"retention_years": [before, proposal.years], "outcome": outcome}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=row, detail=detail)
    announce_expired()
    return row


def change_logo(*, actor: User, png: bytes | None) -> ClinicSettings:
    """Store the clinic's logo, or remove it if there is none."""
    stored = _store_logo(png) if png else ""
    try:
        return _change_logo(actor=actor, stored=stored)
    except BaseException:
        if stored:
            default_storage.delete(stored)
        raise


@transaction.atomic
def _change_logo(*, actor: User, stored: str) -> ClinicSettings:
    row = _locked_row()
    old = row.logo.name or ""
    if old == stored:
        return row
    # The version stays, so an open form is still valid after a change of logo.
    row.logo = stored
    _save(row)
    if old:
        transaction.on_commit(lambda: default_storage.delete(old))
    record(AuditEvent.Verb.UPDATE, actor=actor, target=row, detail={"logo": [old, stored]})
    return row


def _locked_row() -> ClinicSettings:
    """Return the row, created if needed; admins who change it take turns."""
    row = ClinicSettings.objects.select_for_update().filter(pk=THE_ROW).first()
    return row or ClinicSettings.objects.of_the_environment()


def _save(row: ClinicSettings) -> None:
    is_first = row.pk is None
    row.pk = THE_ROW
    row.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            row.save(force_insert=is_first)
    except IntegrityError as error:
        # Two admins made the first change at once.
        raise SettingsChangedError from error
    ClinicSettings.objects.forget()


def _store_logo(png: bytes) -> str:
    try:
        with file_of(ClinicSettings(pk=THE_ROW), "logo"):
            return default_storage.save(f"clinic/{uuid.uuid4()}.png", ContentFile(png))
    except OSError as error:
        raise ValidationError(
            {"logo": _("The logo could not be stored. Please try again later.")}
        ) from error


def _plain(value: object) -> object:
    """Return a value in the form that the trail can store."""
    return value if isinstance(value, bool | int | list) else str(value)
