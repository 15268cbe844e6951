"""The audit trail's names for the rows and lists of this app."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TARGETS: dict[str, str | Promise] = {
    "diagnosis.lesion": _("Lesion"),
    "diagnosis.lesionimage": _("Photograph"),
    "diagnosis.prediction": _("Answer of the model"),
    "diagnosis.referralletter": _("Letter"),
    "diagnosis.review": _("Diagnosis"),
    "diagnosis.visitdiagnosis": _("Diagnosis"),
}
LISTS: dict[str, str | Promise] = {
    "own_record": _("Own record"),
    "timeline": _("Whole record"),
    "to_review": _("Answers to review"),
}
