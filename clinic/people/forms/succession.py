from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.permissions import visible_doctors

NOBODY = "nobody"


class DeactivationForm(forms.Form):
    """Who finishes what a deactivated doctor left open."""

    successor = forms.ChoiceField(
        label=_("Successor"),
        required=False,
        help_text=_(
            "Takes over these patients: reads their records, reviews the answers on their "
            "photographs, and signs the visits that are still open."
        ),
    )

    def __init__(self, *args: Any, user: User, doctor: Doctor | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["successor"]
        assert isinstance(field, forms.ChoiceField)
        others = visible_doctors(user)
        if doctor is not None:
            others = others.exclude(pk=doctor.pk)
        self._doctors = {str(each.pk): each for each in others}
        field.choices = [
            ("", _("Choose a doctor")),
            *((key, str(each)) for key, each in self._doctors.items()),
            (NOBODY, _("Nobody yet")),
        ]
        if doctor is None:
            del self.fields["successor"]
        elif doctor.successor_id:
            self.initial["successor"] = str(doctor.successor_id)

    @property
    def decided(self) -> dict[str, Any]:
        """Return the argument of the service."""
        chosen = self.cleaned_data.get("successor", "")
        return {"successor": self._doctors.get(chosen), "is_left_open": chosen == NOBODY}
