"""Add French and Arabic names and plain words for the first diseases and stages."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code: name and plain words in French, then in Arabic
DISEASES = {
    "nv": (
        "Nævus mélanocytaire",
        "Un grain de beauté : un regroupement bénin de cellules pigmentaires. Montrez-le de nouveau s’il change.",
        "وحمة ميلانينية",
        "شامة: تجمع غير ضار من الخلايا الصبغية. اعرضها على الطبيب مجددًا إذا تغيرت.",
    ),
    "mel": (
        "Mélanome",
        "Un cancer de la peau qui naît des cellules pigmentaires. Découvert tôt, il est enlevé et le plus souvent guéri.",
        "ميلانوما",
        "سرطان جلدي يبدأ في الخلايا الصبغية. إذا اكتُشف مبكرًا يُستأصل ويُشفى غالبًا.",
    ),
    "bcc": (
        "Carcinome basocellulaire",
        "Un cancer de la peau à croissance lente qui ne se propage presque jamais. Il est traité là où il pousse.",
        "سرطان الخلايا القاعدية",
        "سرطان جلدي بطيء النمو يكاد لا ينتشر أبدًا. يُعالج في مكانه.",
    ),
    "akiec": (
        "Kératose actinique ou maladie de Bowen",
        "Une peau abîmée par des années de soleil, qui peut évoluer en cancer. Traitée maintenant, elle le fait rarement.",
        "تقران سفعي أو داء بوين",
        "جلد أضرّت به سنوات من الشمس وقد يتحول إلى سرطان. إذا عولج الآن فنادرًا ما يتحول.",
    ),
    "bkl": (
        "Kératose bénigne",
        "Un épaississement bénin de la peau qui vient avec l’âge.",
        "تقران حميد",
        "سماكة غير ضارة في الجلد تظهر مع التقدم في العمر.",
    ),
    "df": (
        "Dermatofibrome",
        "Un petit nodule ferme et bénin dans la peau, souvent après une piqûre d’insecte.",
        "ورم ليفي جلدي",
        "عقدة صغيرة صلبة غير ضارة في الجلد، غالبًا بعد لدغة حشرة.",
    ),
    "vasc": (
        "Lésion vasculaire",
        "Une tache bénigne faite de petits vaisseaux sanguins.",
        "آفة وعائية",
        "بقعة غير ضارة مكونة من أوعية دموية صغيرة.",
    ),
    "scc": (
        "Carcinome épidermoïde",
        "Un cancer de la peau à enlever bientôt ; découvert tôt, il est le plus souvent guéri.",
        "سرطان الخلايا الحرشفية",
        "سرطان جلدي ينبغي استئصاله قريبًا؛ إذا اكتُشف مبكرًا يُشفى غالبًا.",
    ),
    "psoriasis": (
        "Psoriasis",
        "Une inflammation de la peau qui va et vient et n’est pas contagieuse.",
        "صدفية",
        "التهاب جلدي يأتي ويذهب وليس معديًا.",
    ),
    "eczema": (
        "Eczéma",
        "Une inflammation de la peau qui démange et que le traitement calme.",
        "أكزيما",
        "التهاب جلدي مصحوب بحكة يهدئه العلاج.",
    ),
    "tinea": (
        "Infection fongique de la peau",
        "Un champignon de la surface de la peau ; une crème ou des comprimés l’éliminent.",
        "عدوى فطرية في الجلد",
        "فطر في سطح الجلد، يزول بكريم أو أقراص.",
    ),
    "acne": (
        "Acné",
        "Des pores enflammés, à traiter à tout âge.",
        "حب الشباب",
        "مسام ملتهبة يمكن علاجها في كل عمر.",
    ),
    "rosacea": (
        "Rosacée",
        "Des rougeurs et de petits vaisseaux du visage que le traitement calme.",
        "وردية",
        "احمرار وأوعية دموية صغيرة في الوجه يهدئها العلاج.",
    ),
    "wart": (
        "Verrue virale",
        "Une excroissance bénigne due à un virus courant.",
        "ثؤلول فيروسي",
        "نتوء غير ضار يسببه فيروس شائع.",
    ),
    "cyst": (
        "Kyste épidermique",
        "Une poche fermée et bénigne sous la peau.",
        "كيس بشروي",
        "جيب مغلق غير ضار تحت الجلد.",
    ),
    "dysplastic-nevus": (
        "Nævus atypique",
        "Un grain de beauté d’aspect inhabituel ; il est surveillé ou enlevé par sûreté.",
        "وحمة غير نمطية",
        "شامة ذات مظهر غير معتاد؛ تُراقب أو تُستأصل للتأكد.",
    ),
    "other": (
        "Une autre maladie",
        "Votre médecin vous explique ce résultat.",
        "مرض آخر",
        "يشرح لك طبيبك هذه النتيجة.",
    ),
}
STAGES = {
    "In situ (0)": ("In situ (0)", "موضعي (0)"),
    "Stage I": ("Stade I", "المرحلة I"),
    "Stage II": ("Stade II", "المرحلة II"),
    "Stage III": ("Stade III", "المرحلة III"),
    "Stage IV": ("Stade IV", "المرحلة IV"),
    "In situ": ("In situ", "موضعي"),
    "Low risk": ("Risque faible", "خطر منخفض"),
    "High risk": ("Risque élevé", "خطر مرتفع"),
    "Metastatic": ("Métastatique", "نقيلي"),
    "Mild": ("Léger", "خفيف"),
    "Moderate": ("Modéré", "متوسط"),
    "Severe": ("Sévère", "شديد"),
}


def translate(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # The clinic's own translations stay.
    for disease in apps.get_model("diagnosis", "Disease").objects.filter(code__in=DISEASES):
        french, french_words, arabic, arabic_words = DISEASES[disease.code]
        disease.translations = {
            "fr": {"name": french, "plain_words": french_words},
            "ar": {"name": arabic, "plain_words": arabic_words},
        } | disease.translations
        disease.save(update_fields=["translations"])
    stages = apps.get_model("diagnosis", "DiseaseStage")
    for stage in stages.objects.filter(name__in=STAGES, disease__code__in=DISEASES):
        french, arabic = STAGES[stage.name]
        stage.translations = {"fr": {"name": french}, "ar": {"name": arabic}} | stage.translations
        stage.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0006_lesion_has_a_place")]

    operations = [migrations.RunPython(translate, migrations.RunPython.noop)]
