"""The many other patients of the demo clinic, generated from lists of names."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings

from clinic.people.consent_texts import DOCUMENT_VERSION
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.names import name_columns, searchable
from clinic.records.models.facts import Allergy, Condition, CurrentDrug
from skinhealth.demo.clock import dated_by_hand
from skinhealth.demo.people import PATIENTS, phone_of

REGISTER_SIZE = 200
Sex = Patient.Sex
# Given names of women and men, family names, and the language spoken at home.
ORIGINS = (
    (
        ("Adèle", "Bénédicte", "Chloé", "Delphine", "Élise", "Florence", "Hélène", "Inès",
         "Juliette", "Louise", "Manon", "Odile"),
        ("Antoine", "Bastien", "Cédric", "Damien", "Étienne", "Fabien", "Guillaume", "Hugo",
         "Julien", "Laurent", "Mathieu", "Olivier"),
        ("Abadie", "Barbier", "Caron", "Delorme", "Escoffier", "Faure", "Guérin", "Hamel",
         "Imbert", "Joly", "Lacroix", "Marchand", "Noël", "Perrin", "Quéré", "Rousseau",
         "Sauvage", "Tessier", "Vasseur", "Vidal"),
        "fr",
    ),
    (
        ("Amina", "Dounia", "Hanane", "Khadija", "Nadia", "Salma"),
        ("Bilal", "Farid", "Hicham", "Karim", "Mehdi", "Youssef"),
        ("Amrani", "Belkacem", "Cherif", "Haddou", "Lahlou", "Mansouri", "Ouali", "Saïdi"),
        "ar",
    ),
    (
        ("Ana", "Carmen", "Inês", "Lucía", "Marta", "Teresa"),
        ("António", "Diego", "Javier", "João", "Miguel", "Rui"),
        ("Almeida", "Fernández", "Gomes", "Ibáñez", "Moreira", "Navarro", "Pinto", "Teixeira"),
        "en",
    ),
    (
        ("Aïssatou", "Binta", "Djeneba", "Ama", "Mariama", "Oumou"),
        ("Amadou", "Boubacar", "Ibrahima", "Kofi", "Moussa", "Sékou"),
        ("Bah", "Camara", "Diop", "Keita", "Owusu", "Sow", "Traoré"),
        "fr",
    ),
    (
        ("Agnieszka", "Elena", "Katarzyna", "Oksana", "Zuzana", "Ioana"),
        ("Andrei", "Jakub", "Marek", "Stefan", "Tomasz", "Viktor"),
        ("Dąbrowski", "Horváth", "Ionescu", "Kovač", "Novotný", "Petrenko", "Zieliński"),
        "en",
    ),
    (
        ("Hui", "Lan", "Priya", "Soo-jin", "Thảo", "Yuki"),
        ("Arjun", "Haruto", "Jun", "Minh", "Sanjay", "Wei"),
        ("Đặng", "Kapoor", "Kim", "Liu", "Nakamura", "Phạm", "Zhang"),
        "en",
    ),
    (
        ("Astrid", "Elif", "Greta", "Maeve", "Sanne", "Zeynep"),
        ("Declan", "Emre", "Lars", "Niklas", "Rory", "Willem"),
        ("Aydın", "Byrne", "De Vries", "Hansen", "Kaya", "Nilsson", "Schröder"),
        "en",
    ),
)  # fmt: skip
INSURERS = ("", "", "Mutuelle du Rhône", "Alpes Santé", "Caisse du Midi", "Union Santé")
# The shares of skin types in a practice, Fitzpatrick's I to VI.
PHOTOTYPE_SHARES = (0.08, 0.34, 0.28, 0.14, 0.09, 0.07)
ALLERGIES = (("Nickel", "eczema"), ("Fragrances", "eczema"), ("Pollen", "hay fever"),
             ("Latex", "hives"), ("Adhesive plasters", "redness"))  # fmt: skip
CONDITIONS = (("High blood pressure", "I10"), ("Type 2 diabetes", "E11.9"), ("Asthma", "J45.9"),
              ("Hypothyroidism", "E03.9"), ("Hay fever", "J30.1"))  # fmt: skip
DRUGS = (("Amlodipine", "5 mg a day"), ("Metformin", "850 mg twice a day"),
         ("Salbutamol", "as needed"), ("Levothyroxine", "75 µg a day"),
         ("Cetirizine", "10 mg in spring"))  # fmt: skip


def register_crowd(*, opened_at: datetime, secretary: User, doctor: User) -> list[Patient]:
    """Add all other patients in bulk, because the services would take minutes."""
    rng = np.random.default_rng(7)
    number = REGISTER_SIZE - len(PATIENTS)
    with dated_by_hand((Patient, "created_at")):
        crowd = Patient.objects.bulk_create(
            _person(rng, place, opened_at=opened_at) for place in range(number)
        )
    Consent.objects.bulk_create(
        Consent(
            patient=patient,
            purpose=purpose,
            method=Consent.Method.PAPER,
            document_version=DOCUMENT_VERSION,
            given_at=patient.created_at,
            recorded_by=secretary,
        )
        for patient in crowd
        for purpose in _purposes(rng)
    )
    _note_facts(rng, crowd, doctor)
    return crowd


def _names() -> Iterator[tuple[str, str, str]]:
    """Yield every full name once, with sex and language, mixing origins."""
    for turn in range(4):  # each family name is used four times at most
        for place in range(20):
            for women, men, families, language in ORIGINS:
                if place < len(families):
                    sex = (Sex.FEMALE, Sex.MALE)[(turn + place) % 2]
                    given = women if sex == Sex.FEMALE else men
                    first = given[(5 * turn + place) % len(given)]
                    yield f"{first} {families[place]}", sex, language


NAMES = tuple(_names())


def _person(rng: np.random.Generator, place: int, *, opened_at: datetime) -> Patient:
    full_name, sex, language = NAMES[place]
    created_at = opened_at + timedelta(days=26 + place * 0.75)
    age = float(np.clip(rng.normal(46, 21), 3, 92))
    return Patient(
        record_number=f"P-{len(PATIENTS) + place + 1:06d}",
        full_name=full_name,
        **name_columns(full_name),
        birth_date=(opened_at - timedelta(days=age * 365.25)).date(),
        sex=sex,
        phone=phone_of(len(PATIENTS) + place),
        email=_email(full_name) if place % 5 < 3 else "",
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        insurer=INSURERS[place % len(INSURERS)],
        phototype=int(rng.choice(6, p=PHOTOTYPE_SHARES)) + 1,
        has_no_known_allergies=place % 8 != 0,
        created_at=created_at,
    )


def _email(full_name: str) -> str:
    return f"{searchable(full_name).replace(' ', '.')}@demo.example"


def _purposes(rng: np.random.Generator) -> list[str]:
    purposes = [Consent.Purpose.CARE, Consent.Purpose.PHOTOGRAPHY]
    if rng.random() < 0.85:
        purposes.append(Consent.Purpose.AI_ANALYSIS)
        if rng.random() < 0.75:
            purposes.append(Consent.Purpose.TRAINING)
    return [str(purpose) for purpose in purposes]


def _note_facts(rng: np.random.Generator, crowd: list[Patient], doctor: User) -> None:
    """Give some patients an allergy, a disease beyond the skin, and a drug for it."""
    Allergy.objects.bulk_create(
        Allergy(
            patient=patient,
            substance=substance,
            reaction=reaction,
            noted_by=doctor,
            noted_at=patient.created_at,
        )
        for place, patient in enumerate(crowd)
        if place % 8 == 0
        for substance, reaction in [ALLERGIES[place // 8 % len(ALLERGIES)]]
    )
    ill = [
        (patient, int(rng.integers(len(CONDITIONS))))
        for patient in crowd
        if patient.birth_date.year < 1975 and rng.random() < 0.4
    ]
    Condition.objects.bulk_create(
        Condition(
            patient=patient,
            name=CONDITIONS[which][0],
            icd10=CONDITIONS[which][1],
            noted_by=doctor,
            noted_at=patient.created_at,
        )
        for patient, which in ill
    )
    well = {patient.pk for patient in crowd} - {patient.pk for patient, _which in ill}
    Patient.objects.filter(pk__in=well).update(has_no_known_conditions=True, takes_no_drugs=True)
    CurrentDrug.objects.bulk_create(
        CurrentDrug(
            patient=patient,
            drug=DRUGS[which][0],
            dose=DRUGS[which][1],
            noted_by=doctor,
            noted_at=patient.created_at,
        )
        for patient, which in ill
    )
