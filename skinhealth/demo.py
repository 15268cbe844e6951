"""The four people of the demo clinic; they exist only where the site was started as a demo."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEMO_PASSWORD = "demo-clinic-2026"  # noqa: S105 - printed by `make demo` for everybody to use


@dataclass(frozen=True)
class DemoPerson:
    """Somebody whom the sign-in page of a demo offers to be."""

    role: str
    email: str
    full_name: str
    icon: str
    does: str | Promise


DEMO_PEOPLE = (
    DemoPerson(
        "admin", "admin@demo.example", "Amélie Laurent", "person-gear", _("Accounts and the clinic")
    ),
    DemoPerson(
        "secretary", "secretary@demo.example", "Samira Haddad", "telephone", _("Desk and bookings")
    ),
    DemoPerson(
        "doctor", "doctor@demo.example", "Dr Claire Fontaine", "clipboard2-pulse", _("Visits")
    ),
    DemoPerson("patient", "patient@demo.example", "Paul Mercier", "person", _("Own visits")),
)
