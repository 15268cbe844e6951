"""Add French and Arabic names for the first symptoms and body sites, and the choice of languages."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

LANGUAGES = [("en", "English"), ("fr", "Français"), ("ar", "العربية")]

# code: the English name, then the French and Arabic ones
BODY_SITES = {
    "scalp": ("Scalp", "Cuir chevelu", "فروة الرأس"),
    "face": ("Face", "Visage", "الوجه"),
    "ear": ("Ear", "Oreille", "الأذن"),
    "neck": ("Neck", "Cou", "العنق"),
    "chest": ("Chest", "Poitrine", "الصدر"),
    "abdomen": ("Abdomen", "Abdomen", "البطن"),
    "back": ("Back", "Dos", "الظهر"),
    "trunk": ("Trunk, elsewhere", "Tronc, ailleurs", "الجذع، موضع آخر"),
    "left-arm": ("Left arm", "Bras gauche", "الذراع اليسرى"),
    "right-arm": ("Right arm", "Bras droit", "الذراع اليمنى"),
    "left-hand": ("Left hand", "Main gauche", "اليد اليسرى"),
    "right-hand": ("Right hand", "Main droite", "اليد اليمنى"),
    "left-leg": ("Left leg", "Jambe gauche", "الساق اليسرى"),
    "right-leg": ("Right leg", "Jambe droite", "الساق اليمنى"),
    "left-foot": ("Left foot", "Pied gauche", "القدم اليسرى"),
    "right-foot": ("Right foot", "Pied droit", "القدم اليمنى"),
    "palm-or-sole": ("Palm or sole", "Paume ou plante", "راحة اليد أو باطن القدم"),
    "genital": ("Genital area", "Région génitale", "المنطقة التناسلية"),
}
SYMPTOMS = {
    "itching": ("Itching", "Démangeaisons", "حكة"),
    "pain": ("Pain", "Douleur", "ألم"),
    "burning": ("Burning", "Brûlure", "حرقة"),
    "bleeding": ("Bleeding", "Saignement", "نزف"),
    "oozing": ("Oozing", "Suintement", "نز"),
    "crusting": ("Crusting", "Croûtes", "قشور متيبسة"),
    "scaling": ("Scaling", "Desquamation", "تقشر"),
    "growth": ("Growing", "Augmentation de taille", "نمو"),
    "colour-change": ("Change of colour", "Changement de couleur", "تغير اللون"),
    "shape-change": ("Change of shape", "Changement de forme", "تغير الشكل"),
    "new-lesion": ("New lesion", "Nouvelle lésion", "آفة جديدة"),
    "ulceration": ("Open sore", "Plaie ouverte", "قرحة مفتوحة"),
    "redness": ("Redness", "Rougeur", "احمرار"),
    "swelling": ("Swelling", "Gonflement", "تورم"),
}


def translate(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for model, names in (("BodySite", BODY_SITES), ("Symptom", SYMPTOMS)):
        # A name that the clinic has changed is a different word, and its own translations stay.
        for row in apps.get_model("clinic", model).objects.filter(code__in=names):
            name, french, arabic = names[row.code]
            if row.name != name:
                continue
            row.translations = {"fr": {"name": french}, "ar": {"name": arabic}} | row.translations
            row.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("clinic", "0018_notifications")]

    operations = [
        migrations.AlterField(
            model_name="patient",
            name="language",
            field=models.CharField(
                choices=LANGUAGES, default="en", max_length=10, verbose_name="language"
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=LANGUAGES, default="en", max_length=10, verbose_name="language"
            ),
        ),
        migrations.RunPython(translate, migrations.RunPython.noop),
    ]
