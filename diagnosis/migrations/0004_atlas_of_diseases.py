"""The atlas: names and looks of diseases, the order of their stages, and images to compare."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code: ICD-11, other names, what a doctor looks for
WORDS = {
    "nv": (
        "2F20",
        ["Mole", "Naevus", "Nevus cell nevus"],
        "Symmetrical, one or two even browns, a regular network or globules that thin out towards the rim; stable over months.",
    ),
    "mel": (
        "2C30",
        ["Malignant melanoma", "Black skin cancer"],
        "Asymmetry of colour and structure, an atypical network, irregular dots and streaks at the rim, a blue-white veil, regression. Any change counts.",
    ),
    "bcc": (
        "2C32",
        ["Basalioma", "Rodent ulcer"],
        "A pearly rim with branching vessels, blue-grey ovoid nests, leaf-like areas, ulceration; no pigment network.",
    ),
    "akiec": (
        "EK90.0",
        ["Solar keratosis", "Bowen’s disease", "Squamous cell carcinoma in situ"],
        "Rough scale on sun-damaged skin; on the face red pseudonetwork around pale follicles. In Bowen’s disease dotted or glomerular vessels in groups.",
    ),
    "bkl": (
        "2F21.0",
        ["Seborrheic keratosis", "Solar lentigo", "Lichen planus-like keratosis"],
        "A sharp rim, a stuck-on surface, milia-like cysts, comedo-like openings, ridges like a brain.",
    ),
    "df": (
        "2F23.0",
        ["Fibrous histiocytoma", "Histiocytoma"],
        "A firm knot that dimples when pinched; a pale centre like a scar with a fine network around it.",
    ),
    "vasc": (
        "2E81",
        ["Hemangioma", "Angioma", "Angiokeratoma", "Pyogenic granuloma"],
        "Red, blue or black lagoons with clear borders and no pigment network; pressure pales it.",
    ),
    "scc": (
        "2C31",
        ["Spinalioma", "Keratoacanthoma", "Prickle cell cancer"],
        "A growing, keratotic or ulcerated nodule; white circles, keratin masses and looped vessels.",
    ),
    "psoriasis": (
        "EA90",
        ["Plaque psoriasis", "Psoriasis vulgaris"],
        "Sharply bordered red plaques with silvery scale on elbows, knees, scalp; dotted vessels spread evenly.",
    ),
    "eczema": (
        "EA8Z",
        ["Dermatitis", "Atopic dermatitis"],
        "Itching, poorly bordered redness with crusts or lichenification; yellow serocrusts and patchy dotted vessels.",
    ),
    "tinea": (
        "1F28",
        ["Dermatophytosis", "Ringworm"],
        "A ring that grows at a scaling rim and heals in the middle; confirmed by microscopy or culture.",
    ),
    "acne": (
        "ED80",
        ["Acne vulgaris"],
        "Comedones, papules and pustules of face and trunk; nodules and scars when severe.",
    ),
    "rosacea": (
        "ED90.0",
        ["Couperose"],
        "Lasting redness of the middle of the face, vessels in polygons, papules and pustules without comedones.",
    ),
    "wart": (
        "1E80",
        ["Verruca vulgaris", "Common wart"],
        "A rough papule that interrupts the skin lines, with dotted or thrombosed vessels.",
    ),
    "cyst": (
        "EK70.0",
        ["Epidermoid cyst", "Atheroma"],
        "A mobile, dome-shaped nodule with a central opening.",
    ),
    "dysplastic-nevus": (
        "2F20.1",
        ["Dysplastic nevus", "Clark nevus"],
        "Larger than 5 mm, irregular rim, several browns; judged against the patient’s other moles and over time.",
    ),
}


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Fill in the words for diseases that are unchanged since the clinic started."""
    diseases = apps.get_model("diagnosis", "Disease").objects
    for code, (icd11, synonyms, description) in WORDS.items():
        diseases.filter(code=code).update(
            icd11=icd11, synonyms="\n".join(synonyms), clinical_description=description
        )


class Migration(migrations.Migration):
    dependencies = [
        ("diagnosis", "0003_prediction_keeps_its_thresholds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AtlasImage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file", models.FileField(upload_to="atlas/")),
                ("thumbnail", models.FileField(upload_to="atlas/")),
                (
                    "sha256",
                    models.CharField(max_length=64, verbose_name="SHA-256 of the stored file"),
                ),
                (
                    "upload_sha256",
                    models.CharField(
                        max_length=64, verbose_name="SHA-256 of the file as it was sent"
                    ),
                ),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                ("caption", models.CharField(blank=True, max_length=200, verbose_name="caption")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("licence", models.CharField(max_length=80, verbose_name="licence")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decline_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason"),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "archived_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason"),
                ),
            ],
            options={
                "verbose_name": "atlas image",
                "verbose_name_plural": "atlas images",
                "ordering": ["added_at", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="diseasestage",
            options={
                "ordering": ["disease", "position", "pk"],
                "verbose_name": "stage",
                "verbose_name_plural": "stages",
            },
        ),
        migrations.AddField(
            model_name="disease",
            name="clinical_description",
            field=models.TextField(blank=True, verbose_name="clinical description"),
        ),
        migrations.AddField(
            model_name="disease",
            name="icd11",
            field=models.CharField(blank=True, max_length=20, verbose_name="ICD-11"),
        ),
        migrations.AddField(
            model_name="disease",
            name="synonyms",
            field=models.TextField(
                blank=True,
                help_text="One on each line; the search finds them.",
                verbose_name="other names",
            ),
        ),
        migrations.AddField(
            model_name="disease",
            name="translations",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By language: name, plain_words, clinical_description.",
            ),
        ),
        migrations.AddField(
            model_name="diseasestage",
            name="translations",
            field=models.JSONField(blank=True, default=dict, help_text="By language: name."),
        ),
        migrations.AlterConstraint(
            model_name="diseasestage",
            name="disease_stage_has_its_own_name",
            constraint=models.UniqueConstraint(
                fields=("disease", "name"),
                name="disease_stage_has_its_own_name",
                violation_error_message="This disease has a stage of that name already.",
            ),
        ),
        migrations.AddField(
            model_name="atlasimage",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="atlasimage",
            name="archived_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="atlasimage",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="atlasimage",
            name="disease",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="atlas_images",
                to="diagnosis.disease",
            ),
        ),
        migrations.AddField(
            model_name="atlasimage",
            name="stage",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="atlas_images",
                to="diagnosis.diseasestage",
            ),
        ),
        migrations.AddConstraint(
            model_name="atlasimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", ""), _negated=True),
                    models.Q(("licence", ""), _negated=True),
                ),
                name="atlas_image_says_source_and_licence",
                violation_error_message="Say where the image comes from and its licence.",
            ),
        ),
        migrations.AddConstraint(
            model_name="atlasimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "declined"), _negated=True),
                    models.Q(("decline_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="atlas_image_declined_says_why",
                violation_error_message="Say in a few words why.",
            ),
        ),
        migrations.AddConstraint(
            model_name="atlasimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("archived_at__isnull", True),
                    models.Q(("archived_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="atlas_image_archived_says_why",
                violation_error_message="Say in a few words why.",
            ),
        ),
        migrations.AddConstraint(
            model_name="atlasimage",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("archived_at__isnull", True), ("status__in", ["proposed", "accepted"])
                ),
                fields=("disease", "upload_sha256"),
                name="atlas_image_is_with_a_disease_once",
                violation_error_message="This image is with this disease already.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
