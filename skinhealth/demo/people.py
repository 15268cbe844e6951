"""The staff and patients of the demo clinic; all of them are made up."""

from dataclasses import dataclass
from datetime import date

from clinic.people.models.patient import Patient

Sex = Patient.Sex


@dataclass(frozen=True)
class DemoDoctor:
    """A doctor, with the hours of an ordinary weekday."""

    email: str
    full_name: str
    speciality: str
    hours: tuple[tuple[str, str], ...] = (("08:30", "12:30"), ("14:00", "18:00"))


@dataclass(frozen=True)
class DemoPatient:
    """A patient of the register."""

    full_name: str
    birth_date: date
    sex: str
    phototype: int
    email: str = ""
    preferred_name: str = ""
    allergies: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    current_drugs: tuple[tuple[str, str], ...] = ()
    insurer: str = ""
    agrees_to_analysis: bool = True
    agrees_to_training: bool = True


OTHER_DOCTORS = (
    DemoDoctor(
        "idris.benali@demo.example",
        "Idris Benali",
        "Dermatology and venereology",
        hours=(("08:30", "12:30"),),
    ),
    DemoDoctor(
        "hanna.lindqvist@demo.example",
        "Hanna Lindqvist",
        "Dermato-oncology",
        hours=(("13:30", "17:30"),),
    ),
)
# Creates the other accounts: an admin who creates a doctor's account must not review emergencies.
OTHER_ADMIN = ("ines.moreau@demo.example", "Inès Moreau")
OTHER_SECRETARY = ("tom.okafor@demo.example", "Tom Okafor")

# The first is the patient who can be chosen on the sign-in page.
PATIENTS = (
    DemoPatient("Paul Mercier", date(1958, 3, 14), Sex.MALE, 2, "patient@demo.example",
                allergies=(("Penicillins", "rash"),), conditions=(("Gout", "M10.9"),),
                current_drugs=(("Allopurinol", "300 mg a day"), ("Simvastatin", "20 mg a day")),
                insurer="Mutuelle du Rhône"),
    DemoPatient("Awa Diallo", date(1991, 7, 2), Sex.FEMALE, 6),
    DemoPatient("Nora Chevalier", date(1975, 11, 23), Sex.FEMALE, 2, "nora.chevalier@demo.example"),
    DemoPatient("Minh Anh Trần", date(1986, 5, 9), Sex.FEMALE, 4, preferred_name="Anh"),
    DemoPatient("Jürgen Bauer", date(1949, 1, 30), Sex.MALE, 1,
                allergies=(("Adhesive plasters", ""),)),
    DemoPatient("Yasmine El Idrissi", date(1998, 9, 17), Sex.FEMALE, 4),
    DemoPatient("Luca Romano", date(1982, 12, 5), Sex.MALE, 3, "luca.romano@demo.example"),
    DemoPatient("Margaux Petit", date(2004, 4, 26), Sex.FEMALE, 2, agrees_to_training=False),
    DemoPatient("Kwame Mensah", date(1969, 8, 11), Sex.MALE, 6),
    DemoPatient("Ingrid Solberg", date(1943, 2, 8), Sex.FEMALE, 1, insurer="Alpes Santé"),
    DemoPatient("Rajesh Iyer", date(1977, 6, 19), Sex.MALE, 5),
    DemoPatient("Éloïse Garnier", date(1995, 10, 1), Sex.FEMALE, 2, agrees_to_analysis=False,
                agrees_to_training=False),
    DemoPatient("Piotr Nowak", date(1964, 3, 3), Sex.MALE, 2, allergies=(("Latex", ""),)),
    DemoPatient("Sofía Castillo", date(1989, 1, 12), Sex.FEMALE, 3, "sofia.castillo@demo.example"),
    DemoPatient("Ahmet Yılmaz", date(1971, 5, 28), Sex.MALE, 3),
    DemoPatient("Beatriz Carvalho", date(1956, 9, 6), Sex.FEMALE, 3,
                allergies=(("Sulfonamides", "hives"),)),
    DemoPatient("Oskar Lindgren", date(2011, 11, 15), Sex.MALE, 1, agrees_to_training=False),
    DemoPatient("Fatoumata Koné", date(1980, 2, 21), Sex.FEMALE, 5),
    DemoPatient("Gérard Lemoine", date(1938, 7, 7), Sex.MALE, 2, insurer="Mutuelle du Rhône"),
    DemoPatient("Mei Lin Chen", date(1993, 12, 30), Sex.FEMALE, 3),
    DemoPatient("Camille Roux", date(1987, 4, 4), Sex.OTHER, 2, preferred_name="Cam"),
    DemoPatient("Dmitri Volkov", date(1960, 10, 18), Sex.MALE, 2, agrees_to_training=False),
    DemoPatient("Leïla Benkirane", date(2000, 6, 14), Sex.FEMALE, 4),
    DemoPatient("Thomas O’Brien", date(1973, 8, 25), Sex.MALE, 1,
                current_drugs=(("Ibuprofen", "400 mg when the knee hurts"),)),
    DemoPatient("Anaïs Fournier", date(2016, 3, 9), Sex.FEMALE, 2, agrees_to_training=False),
)  # fmt: skip


def phone_of(number: int) -> str:
    """Return a telephone number from the range reserved for fiction."""
    return f"+33199000{100 + number:03d}"
