"""The tokens by which patients are called in the waiting room."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.waiting_room import ArrivalToken


@transaction.atomic
def give_token(*, appointment: Appointment) -> ArrivalToken:
    """Give an arrival the next token of the day; who arrives again on that day keeps it."""
    today = timezone.localdate()
    kept = ArrivalToken.objects.filter(appointment=appointment, day=today).first()
    # Whoever loses the race for a number tries the next: each try, somebody has won one.
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
