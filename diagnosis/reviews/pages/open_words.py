"""Warnings about a visit's open photographs, for the doctor who is about to sign."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from clinic.core.lists import listed
from diagnosis.lesions.models import LesionImage

State = LesionImage.State

SENTENCES = {
    State.UNREVIEWED: ngettext_lazy(
        "%(count)d answer is not reviewed: the patient does not see that photograph.",
        "%(count)d answers are not reviewed: the patient does not see those photographs.",
        "count",
    ),
    State.REOPENED: ngettext_lazy(
        "%(count)d answer came after the diagnosis and is not reviewed.",
        "%(count)d answers came after the diagnosis and are not reviewed.",
        "count",
    ),
    State.REFERRED: ngettext_lazy(
        "%(count)d photograph is referred to a colleague and has no diagnosis yet.",
        "%(count)d photographs are referred to a colleague and have no diagnosis yet.",
        "count",
    ),
    State.NOT_ASSESSABLE: ngettext_lazy(
        "%(count)d photograph could not be assessed and has no diagnosis yet.",
        "%(count)d photographs could not be assessed and have no diagnosis yet.",
        "count",
    ),
    State.FAILED: ngettext_lazy(
        "%(count)d analysis failed. It can be tried again, even after signing.",
        "%(count)d analyses failed. They can be tried again, even after signing.",
        "count",
    ),
    State.WAITING: ngettext_lazy(
        "%(count)d analysis is still running.", "%(count)d analyses are still running.", "count"
    ),
    State.MISSING: ngettext_lazy(
        "%(count)d photograph was not analysed. It still can be, even after signing.",
        "%(count)d photographs were not analysed. They still can be, even after signing.",
        "count",
    ),
    State.NO_CONSENT: ngettext_lazy(
        "%(count)d photograph is not analysed, because the patient has not agreed to it.",
        "%(count)d photographs are not analysed, because the patient has not agreed to it.",
        "count",
    ),
}


def sign_warnings(photographs: Sequence[LesionImage]) -> list[str]:
    """Return what the doctor should know before signing; none of it blocks the signature.

    The model's warning comes first and names each lesion concerned.
    """
    alarmed = dict.fromkeys(str(each.lesion) for each in photographs if each.has_alarm)
    warnings = []
    if alarmed:
        sentence = _(
            "Malignant disease cannot be ruled out, and no doctor has decided: %(lesions)s."
        )
        warnings.append(sentence % {"lesions": listed(alarmed)})
    for state, words in SENTENCES.items():
        count = sum(each.state == state for each in photographs)
        if count:
            warnings.append(words % {"count": count})
    return warnings
