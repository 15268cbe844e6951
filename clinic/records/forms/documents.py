"""Forms to add a document to a patient's record, and to archive one."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.files.pictures import ACCEPT
from clinic.records.models.document import PatientDocument


class DocumentForm(forms.Form):
    """A file and what it is."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": f"application/pdf,{ACCEPT}"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        help_text=_("PDF, JPEG, PNG, WebP or HEIC, at most 15 MB."),
    )
    category = forms.ChoiceField(label=_("Category"))
    title = forms.CharField(
        label=_("Title"), max_length=120, help_text=_("In a few words: what it is, and its date.")
    )
    is_shared = forms.BooleanField(label=_("Share with the patient"), required=False)

    def __init__(
        self, *args: Any, categories: Iterable[PatientDocument.Category], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)
        category.choices = [("", _("Choose")), *((each.value, each.label) for each in categories)]


class ArchiveForm(forms.Form):
    """Why a document is archived."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Say in a few words why.")},
    )
