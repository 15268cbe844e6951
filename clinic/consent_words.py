"""What each consent means, in words for the patient."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.models import Consent

Purpose = Consent.Purpose


@dataclass(frozen=True)
class ConsentWords:
    """What a patient agrees to, and what happens without it."""

    meaning: str | Promise
    without: str | Promise


CONSENT_WORDS: dict[str, ConsentWords] = {
    Purpose.CARE: ConsentWords(
        _("The clinic keeps a record of your visits and uses it to treat you."),
        _("Without it we cannot treat you. What the law makes us keep stays in the record."),
    ),
    Purpose.PHOTOGRAPHY: ConsentWords(
        _("The doctor photographs your skin and keeps the photographs in your record."),
        _("Without it no new photographs are taken. You are treated all the same."),
    ),
    Purpose.AI_ANALYSIS: ConsentWords(
        _(
            "A program in the clinic looks at the photographs and gives the doctor a second "
            "opinion. A doctor always decides."
        ),
        _("Without it the program does not look at your photographs. The doctor does, as ever."),
    ),
    Purpose.TRAINING: ConsentWords(
        _(
            "Photographs that a doctor has checked may help the program to learn, without your "
            "name or date of birth."
        ),
        _("Without it your photographs are in no new collection that the program learns from."),
    ),
    Purpose.REMINDERS: ConsentWords(
        _("We remind you of your visits. A reminder says when and where, nothing medical."),
        _("Without it you get no reminders. You still hear when a visit is booked or cancelled."),
    ),
    Purpose.TEACHING: ConsentWords(
        _("Doctors may show your photographs to students, without your name."),
        _("Without it your photographs are not shown in lessons."),
    ),
}
