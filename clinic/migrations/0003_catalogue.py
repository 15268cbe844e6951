"""Add the lists that every clinic starts with."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code, name, view, the name that HAM10000 uses for it
BODY_SITES = [
    ("scalp", "Scalp", "either", "scalp"),
    ("face", "Face", "front", "face"),
    ("ear", "Ear", "either", "ear"),
    ("neck", "Neck", "either", "neck"),
    ("chest", "Chest", "front", "chest"),
    ("abdomen", "Abdomen", "front", "abdomen"),
    ("back", "Back", "back", "back"),
    ("trunk", "Trunk, elsewhere", "either", "trunk"),
    ("left-arm", "Left arm", "either", "upper extremity"),
    ("right-arm", "Right arm", "either", "upper extremity"),
    ("left-hand", "Left hand", "either", "hand"),
    ("right-hand", "Right hand", "either", "hand"),
    ("left-leg", "Left leg", "either", "lower extremity"),
    ("right-leg", "Right leg", "either", "lower extremity"),
    ("left-foot", "Left foot", "either", "foot"),
    ("right-foot", "Right foot", "either", "foot"),
    ("palm-or-sole", "Palm or sole", "either", "acral"),
    ("genital", "Genital area", "front", "genital"),
]
SYMPTOMS = [
    ("itching", "Itching"),
    ("pain", "Pain"),
    ("burning", "Burning"),
    ("bleeding", "Bleeding"),
    ("oozing", "Oozing"),
    ("crusting", "Crusting"),
    ("scaling", "Scaling"),
    ("growth", "Growing"),
    ("colour-change", "Change of colour"),
    ("shape-change", "Change of shape"),
    ("new-lesion", "New lesion"),
    ("ulceration", "Open sore"),
    ("redness", "Redness"),
    ("swelling", "Swelling"),
]
VISIT_TYPES = [
    ("first-visit", "First visit", 30),
    ("follow-up", "Follow-up", 15),
    ("full-skin-check", "Full skin check", 45),
]


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    body_site = apps.get_model("clinic", "BodySite")
    for position, (code, name, view, training_name) in enumerate(BODY_SITES):
        body_site.objects.create(
            code=code, name=name, view=view, training_name=training_name, position=position
        )
    symptom = apps.get_model("clinic", "Symptom")
    for position, (code, name) in enumerate(SYMPTOMS):
        symptom.objects.create(code=code, name=name, position=position)
    visit_type = apps.get_model("clinic", "VisitType")
    for position, (code, name, minutes) in enumerate(VISIT_TYPES):
        visit_type.objects.create(code=code, name=name, duration_minutes=minutes, position=position)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_appointment_keeps_its_time")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
