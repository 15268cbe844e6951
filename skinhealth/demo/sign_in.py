"""The four people of the demo clinic; they exist only if the site was started as a demo."""

from dataclasses import dataclass

from django.utils.functional import Promise

from clinic.people.models.user import User

DEMO_PASSWORD = "demo-clinic-2026"  # noqa: S105 - a demo prints it for everybody


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can be chosen on the sign-in page of a demo."""

    role: str
    email: str
    full_name: str
    icon: str

    @property
    def role_name(self) -> str | Promise:
        return User.Role(self.role).label


DEMO_PEOPLE = (
    DemoPerson("admin", "admin@demo.example", "Amélie Laurent", "person-gear"),
    DemoPerson("secretary", "secretary@demo.example", "Samira Haddad", "telephone"),
    DemoPerson("doctor", "doctor@demo.example", "Claire Fontaine", "clipboard2-pulse"),
    DemoPerson("patient", "patient@demo.example", "Paul Mercier", "person"),
)
