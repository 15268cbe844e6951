"""Add the diagnoses that every clinic starts with: the seven classes of the model, and others."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code, name, ICD-10, class of the model, malignant or precancerous, in plain words
DISEASES = [
    (
        "nv",
        "Melanocytic nevus",
        "D22",
        "nv",
        False,
        "A mole: a harmless gathering of pigment cells. Show it again if it changes.",
    ),
    (
        "mel",
        "Melanoma",
        "C43",
        "mel",
        True,
        "A skin cancer that starts in pigment cells. Found early, it is removed and usually healed.",
    ),
    (
        "bcc",
        "Basal cell carcinoma",
        "C44",
        "bcc",
        True,
        "A slowly growing skin cancer that hardly ever spreads. It is treated where it grows.",
    ),
    (
        "akiec",
        "Actinic keratosis or Bowen’s disease",
        "L57.0",
        "akiec",
        True,
        "Skin damaged by years of sun that may turn into cancer. Treated now, it rarely does.",
    ),
    (
        "bkl",
        "Benign keratosis",
        "L82",
        "bkl",
        False,
        "A harmless thickening of the skin that comes with age.",
    ),
    (
        "df",
        "Dermatofibroma",
        "D23",
        "df",
        False,
        "A small firm harmless knot in the skin, often after an insect bite.",
    ),
    (
        "vasc",
        "Vascular lesion",
        "D18",
        "vasc",
        False,
        "A harmless spot made of small blood vessels.",
    ),
    (
        "scc",
        "Squamous cell carcinoma",
        "C44",
        "",
        True,
        "A skin cancer that should be removed soon; found early, it is usually healed.",
    ),
    (
        "psoriasis",
        "Psoriasis",
        "L40",
        "",
        False,
        "An inflammation of the skin that comes and goes and is not catching.",
    ),
    (
        "eczema",
        "Eczema",
        "L30",
        "",
        False,
        "An itching inflammation of the skin that treatment calms.",
    ),
    (
        "tinea",
        "Fungal infection of the skin",
        "B35",
        "",
        False,
        "A fungus in the outer skin; a cream or tablets clear it.",
    ),
    ("acne", "Acne", "L70", "", False, "Inflamed pores, treatable at every age."),
    (
        "rosacea",
        "Rosacea",
        "L71",
        "",
        False,
        "Redness and small blood vessels of the face that treatment calms.",
    ),
    ("wart", "Viral wart", "B07", "", False, "A harmless growth from a common virus."),
    ("cyst", "Epidermal cyst", "L72.0", "", False, "A harmless closed pocket under the skin."),
    (
        "dysplastic-nevus",
        "Atypical nevus",
        "D22",
        "",
        False,
        "A mole that looks unusual; it is watched or removed to be sure.",
    ),
    ("other", "Another disease", "L98.9", "", False, "Your doctor explains this finding to you."),
]
STAGES = {
    "mel": ["In situ (0)", "Stage I", "Stage II", "Stage III", "Stage IV"],
    "scc": ["In situ", "Low risk", "High risk", "Metastatic"],
    "bcc": ["Low risk", "High risk"],
    "psoriasis": ["Mild", "Moderate", "Severe"],
    "eczema": ["Mild", "Moderate", "Severe"],
    "acne": ["Mild", "Moderate", "Severe"],
}  # fmt: skip


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    disease_model = apps.get_model("diagnosis", "Disease")
    stage_model = apps.get_model("diagnosis", "DiseaseStage")
    for position, (code, name, icd10, model_class, is_malignant, words) in enumerate(DISEASES):
        disease = disease_model.objects.create(
            code=code,
            name=name,
            icd10=icd10,
            model_class=model_class,
            is_malignant=is_malignant,
            plain_words=words,
            position=position,
        )
        for stage_position, stage in enumerate(STAGES.get(code, [])):
            stage_model.objects.create(disease=disease, name=stage, position=stage_position)


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0001_photographs_predictions_reviews")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
