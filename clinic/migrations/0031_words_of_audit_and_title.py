from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0030_secrets_of_second_factors_are_encrypted"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("sign_in", "Signed in"),
                    ("sign_out", "Signed out"),
                    ("view", "Viewed"),
                    ("list", "Listed"),
                    ("search", "Searched"),
                    ("download", "Downloaded"),
                    ("export", "Exported"),
                    ("create", "Created"),
                    ("update", "Changed"),
                    ("transition", "Status changed"),
                    ("sign", "Signed"),
                    ("review", "Reviewed"),
                    ("emergency", "Opened in an emergency"),
                    ("denied", "Denied"),
                ],
                max_length=20,
            ),
        ),
    ]
