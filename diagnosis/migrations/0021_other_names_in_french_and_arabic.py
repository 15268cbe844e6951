"""Add the other names of the first diseases in French and Arabic."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code: the first of the English names, then the names in French and in Arabic
NAMES = {
    "nv": ("Mole", ["Grain de beauté", "Nævus nævocellulaire"], ["شامة", "وحمة خلوية"]),
    "mel": ("Malignant melanoma", ["Mélanome malin"], ["الورم الميلانيني الخبيث", "الورم الملاني"]),
    "bcc": (
        "Basalioma",
        ["Basaliome", "Épithélioma basocellulaire"],
        ["السرطان القاعدي الخلايا", "القرحة القارضة"],
    ),
    "akiec": (
        "Solar keratosis",
        ["Kératose solaire", "Maladie de Bowen", "Carcinome épidermoïde in situ"],
        ["التقران الشمسي", "داء بوين", "سرطانة حرشفية الخلايا لابدة"],
    ),
    "bkl": (
        "Seborrheic keratosis",
        ["Kératose séborrhéique", "Lentigo solaire", "Kératose lichénoïde"],
        ["التقران الدهني", "النمش الشمسي", "التقران الحزازي"],
    ),
    "df": (
        "Fibrous histiocytoma",
        ["Histiocytofibrome", "Histiocytome fibreux"],
        ["ورم المنسجات الليفي", "ورم المنسجات"],
    ),
    "vasc": (
        "Hemangioma",
        ["Hémangiome", "Angiome", "Angiokératome", "Botriomycome"],
        ["الورم الوعائي", "الورم الوعائي التقرني", "الورم الحبيبي المقيح"],
    ),
    "scc": (
        "Spinalioma",
        ["Spinaliome", "Kératoacanthome", "Carcinome spinocellulaire"],
        ["السرطان الشائك الخلايا", "الورم الشوكي التقرني"],
    ),
    "psoriasis": (
        "Plaque psoriasis",
        ["Psoriasis en plaques", "Psoriasis vulgaire"],
        ["الصدفية اللويحية", "الصدفية الشائعة"],
    ),
    "eczema": (
        "Dermatitis",
        ["Dermatite", "Dermatite atopique"],
        ["التهاب الجلد", "التهاب الجلد التأتبي"],
    ),
    "tinea": (
        "Dermatophytosis",
        ["Dermatophytose", "Teigne"],
        ["الفطار الجلدي", "القوباء الحلقية"],
    ),
    "acne": ("Acne vulgaris", ["Acné vulgaire"], ["العد الشائع"]),
    "rosacea": ("Couperose", ["Couperose"], ["الوردية"]),
    "wart": ("Verruca vulgaris", ["Verrue vulgaire"], ["الثؤلول الشائع"]),
    "cyst": (
        "Epidermoid cyst",
        ["Kyste épidermoïde", "Loupe"],
        ["كيسة بشروية", "كيسة دهنية"],
    ),
    "dysplastic-nevus": (
        "Dysplastic nevus",
        ["Nævus dysplasique", "Nævus de Clark"],
        ["وحمة خلل التنسج", "وحمة كلارك"],
    ),
}


def translate(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # Names that the clinic has changed are its own, and nobody has translated those.
    for disease in apps.get_model("diagnosis", "Disease").objects.filter(code__in=NAMES):
        first, *names = NAMES[disease.code]
        if not disease.synonyms.startswith(first):
            continue
        for language, synonyms in zip(("fr", "ar"), names, strict=True):
            said = disease.translations.get(language, {})
            others = [each for each in synonyms if each != said.get("name")]
            if others:
                said = {"synonyms": "\n".join(others)} | said
                disease.translations = {**disease.translations, language: said}
        disease.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0020_visit_has_diagnoses_of_its_own")]

    operations = [
        migrations.AlterField(
            model_name="disease",
            name="translations",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By language: name, synonyms, plain_words, clinical_description.",
            ),
        ),
        migrations.RunPython(translate, migrations.RunPython.noop),
    ]
