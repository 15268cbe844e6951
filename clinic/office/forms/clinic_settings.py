"""Forms for the clinic's settings."""

from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.files.pictures import ACCEPT
from clinic.core.files.portraits_and_logos import read_logo
from clinic.core.forms import field_of, phone_field
from clinic.core.models.clinic_settings import ClinicSettings

# The groups of settings on the page, in order.
GROUPS: dict[str, tuple[str, ...]] = {
    "clinic": ("name", "address", "phone"),
    "clock": ("time_zone", "date_order", "languages"),
    "visits": ("slot_minutes", "cancellation_notice_hours", "is_overbooking_allowed"),
    "reminders": ("reminder_first_hours", "reminder_last_hours"),
    "portal": ("portal_booking", "is_sign_up_open", "diagnosis_release"),
    "records": ("retention_years",),
}
FIELDS = tuple(name for names in GROUPS.values() for name in names)
# The validators of the model's fields, so that the preview uses them too.
VALIDATED = {field.name: field for field in ClinicSettings._meta.concrete_fields}
REGIONS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
}  # fmt: skip


@cache
def zone_choices() -> list[tuple[str, Any]]:
    """Return the time zones named after a place, by region, and UTC."""
    names = sorted(name for name in available_timezones() if name.split("/")[0] in REGIONS)
    regions = groupby(names, key=lambda name: name.split("/")[0])
    by_region: list[tuple[str, Any]] = [
        (region, [(name, name.replace("_", " ")) for name in zones]) for region, zones in regions
    ]
    return [("UTC", "UTC"), *by_region]


class ClinicSettingsForm(forms.Form):
    """The clinic's settings, with the version that was read before."""

    name = field_of(
        ClinicSettings, "name", error_messages={"required": _("Write the name of the clinic.")}
    )
    address = field_of(
        ClinicSettings,
        "address",
        help_text=_("On one line. Used in messages and calendar files."),
    )
    phone = phone_field()
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Used for weekly hours, pages, emails and papers."),
    )
    date_order = field_of(
        ClinicSettings,
        "date_order",
        help_text=_("How dates are typed and shown in figures. Names of months work in any order."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages offered"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Offer at least one language.")},
        help_text=_("People choose from these for pages and emails."),
    )

    slot_minutes = field_of(
        ClinicSettings, "slot_minutes", help_text=_("Free times are offered on this grid.")
    )
    cancellation_notice_hours = field_of(
        ClinicSettings,
        "cancellation_notice_hours",
        help_text=_("0 lets patients cancel until the visit begins."),
    )
    is_overbooking_allowed = field_of(ClinicSettings, "is_overbooking_allowed")
    reminder_first_hours = field_of(ClinicSettings, "reminder_first_hours")
    reminder_last_hours = field_of(ClinicSettings, "reminder_last_hours")
    portal_booking = field_of(ClinicSettings, "portal_booking", widget=forms.RadioSelect)
    is_sign_up_open = field_of(
        ClinicSettings,
        "is_sign_up_open",
        help_text=_("If not, accounts are by invitation only."),
    )
    diagnosis_release = field_of(
        ClinicSettings,
        "diagnosis_release",
        widget=forms.RadioSelect,
        help_text=_(
            "Doctors can choose otherwise for each diagnosis. A malignant one always waits until "
            "the doctor has talked with the patient."
        ),
    )
    retention_years = field_of(
        ClinicSettings,
        "retention_years",
        help_text=_(
            "Counted from the last visit, at least 5. A shorter period than the current one "
            "needs a second admin."
        ),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, clinic: ClinicSettings) -> None:
        initial = {name: getattr(clinic, name) for name in (*FIELDS, "version")}
        if data is not None and "diagnosis_release" not in data:
            # A page that was loaded before this setting existed says nothing about it.
            data = data.copy()
            data["diagnosis_release"] = clinic.diagnosis_release
        initial["languages"] = [code for code, _name in clinic.offered_languages]
        if data is not None and "date_order" not in data:
            # From a page that was opened before the setting existed.
            data = data.copy()
            data["date_order"] = clinic.date_order
        super().__init__(data, initial=initial)
        zone, languages = self.fields["time_zone"], self.fields["languages"]
        assert isinstance(zone, forms.ChoiceField)
        assert isinstance(languages, forms.MultipleChoiceField)
        own = (clinic.time_zone, clinic.time_zone)
        zone.choices = zone_choices() if _has(clinic.time_zone) else [own, *zone_choices()]
        languages.choices = list(settings.LANGUAGES)

    def clean_languages(self) -> list[str]:
        """Store an empty list if all languages are chosen, so that later ones are offered too."""
        chosen: list[str] = self.cleaned_data["languages"]
        return [] if len(chosen) == len(settings.LANGUAGES) else chosen

    def clean(self) -> dict[str, Any]:
        """Require the first reminder to be sent before the last."""
        cleaned = super().clean() or self.cleaned_data
        for name in [name for name in FIELDS if name in cleaned]:
            try:
                VALIDATED[name].run_validators(cleaned[name])
            except forms.ValidationError as error:
                self.add_error(name, error)
        first, last = cleaned.get("reminder_first_hours"), cleaned.get("reminder_last_hours")
        if first is not None and last is not None and first <= last:
            self.add_error(
                "reminder_last_hours", _("The last reminder must be sent after the first.")
            )
        return cleaned

    @property
    def values(self) -> dict[str, object]:
        """The submitted values, as far as they are valid."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}


class LogoForm(forms.Form):
    """A picture for the top bar and the letterhead."""

    logo = forms.FileField(
        label=_("New logo"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={
            "required": _("Choose a picture."),
            "empty": _("The file is empty."),
        },
        help_text=_(
            "JPEG, PNG, WebP or HEIC, up to 5 MB. A white or transparent background works best."
        ),
    )

    def clean_logo(self) -> bytes:
        """Return the picture to store instead of the uploaded file."""
        upload: UploadedFile[bytes] = self.cleaned_data["logo"]
        return read_logo(upload)


def _has(name: str) -> bool:
    return name == "UTC" or (name.split("/")[0] in REGIONS and name in available_timezones())
