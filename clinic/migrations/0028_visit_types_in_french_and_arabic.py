"""Add French and Arabic names for the first types of visit."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code: the English name, then the French and Arabic ones
VISIT_TYPES = {
    "first-visit": ("First visit", "Première consultation", "الزيارة الأولى"),
    "follow-up": ("Follow-up", "Suivi", "متابعة"),
    "full-skin-check": ("Full skin check", "Contrôle complet de la peau", "فحص كامل للجلد"),
}


def translate(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for row in apps.get_model("clinic", "VisitType").objects.filter(code__in=VISIT_TYPES):
        name, french, arabic = VISIT_TYPES[row.code]
        # A name that the clinic has changed is a different word.
        if row.name == name:
            row.translations = {"fr": {"name": french}, "ar": {"name": arabic}}
            row.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("clinic", "0027_records_end_with_a_decision")]

    operations = [
        migrations.AddField(
            model_name="visittype",
            name="translations",
            field=models.JSONField(blank=True, default=dict, verbose_name="in other languages"),
        ),
        migrations.RunPython(translate, migrations.RunPython.noop),
    ]
