from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0016_facts_and_drugs_have_rows")]

    operations = [migrations.RemoveField(model_name="patient", name="allergy_words")]
