"""The steps before a booking or walk-in: find the patient, or register a new one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinic.core.http import SignedInRequest
from clinic.people.patient_search import patient_options
from clinic.people.permissions import can_register_patients


@dataclass(frozen=True)
class Draft:
    """A half-filled form that waits in the session while a new patient is registered."""

    key: str
    fields: tuple[str, ...]
    page: str

    def register_first(self, request: SignedInRequest) -> HttpResponse:
        """Keep the entries, and lead to the registration and back."""
        if not can_register_patients(request.user):
            raise PermissionDenied
        filled = {name: request.POST[name] for name in self.fields if request.POST.get(name)}
        request.session[self.key] = filled
        back = reverse(self.page, query={"draft": 1})
        return redirect(reverse("clinic:patient_register", query={"next": back}))

    def asked(self, request: SignedInRequest) -> dict[str, Any]:
        """Return the values in the address, on top of the draft's if the address asks for it."""
        told: dict[str, Any] = request.GET.dict()
        return request.session.pop(self.key, {}) | told if "draft" in told else told


def sound_parts(
    form: Callable[..., Form], data: dict[str, Any], *, request: SignedInRequest
) -> dict[str, Any]:
    """Return the valid parts of the data; the person fills in the rest."""
    filled = form({name: value for name, value in data.items() if value}, user=request.user)
    filled.full_clean()
    return filled.cleaned_data


def patient_choice(request: SignedInRequest, known: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the context for the part of the page in which the patient is chosen."""
    chosen = known.get("patient")
    return {
        "patient": chosen,
        "options": [each for each in patient_options(request, text) if each != chosen],
        "is_search": bool(text.strip()),
        "q": text,
    }
