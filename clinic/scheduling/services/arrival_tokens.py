"""The tokens that call patients in the waiting room."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.waiting_room import ArrivalToken


@transaction.atomic
def give_token(*, appointment: Appointment) -> ArrivalToken:
    """Give an arrival the next token of the day; a second arrival on that day keeps the first."""
    today = timezone.localdate()
    kept = ArrivalToken.objects.filter(appointment=appointment, day=today).first()
    # After losing a race for a number, try the next; every failed try means somebody else won.
    while kept is None:
        last = ArrivalToken.objects.filter(day=today).aggregate(last=Max("number"))["last"]
        try:
            with transaction.atomic():
                kept, _is_new = ArrivalToken.objects.update_or_create(
                    appointment=appointment, defaults={"day": today, "number": (last or 0) + 1}
                )
        except IntegrityError:
            continue
    return kept
