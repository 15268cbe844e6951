"""The model's page: the contents of the manifest in a doctor's words, and nothing more."""

import json
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from diagnosis.predictions.inference import get_ensemble, installed_model_version
from diagnosis.predictions.model_card import describe_model, duration_words
from ml.bundle.labels import LABELS, NAMES
from ml.bundle.manifest import DEFAULT_BUNDLE, read_manifest, write_manifest
from ml.bundle.results import ClassMetrics, Interval, Metrics
from ml.errors import BundleError

URL = reverse("diagnosis:model_card")


@pytest.fixture
def shipped():
    return read_manifest(DEFAULT_BUNDLE)


@pytest.fixture
def install(settings, tmp_path):
    """Install a bundle of which the pages only see the manifest."""
    settings.MODEL_BUNDLE = tmp_path / "bundle"
    settings.MODEL_BUNDLE.mkdir()

    def _install(manifest):
        write_manifest(settings.MODEL_BUNDLE, manifest)

    return _install


@pytest.fixture
def read(sign_in, doctor):
    """Return the page as a doctor gets it, without its line breaks."""

    def _read():
        response = sign_in(doctor).get(URL)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return _read


def metrics(**counts):
    """Return the metrics of an evaluation with these rows in its confusion matrix."""
    matrix = tuple(tuple(counts.get(label, (0,) * len(LABELS))) for label in LABELS)
    columns = [sum(row[place] for row in matrix) for place in range(len(LABELS))]
    per_class = {
        label: ClassMetrics(
            precision=row[place] / columns[place] if columns[place] else 0.0,
            recall=row[place] / sum(row) if sum(row) else 0.0,
            f1=0.0,
            n=sum(row),
            auc=0.9 if sum(row) else None,
            recall_interval=Interval(0.5, 0.9) if sum(row) else None,
        )
        for place, (label, row) in enumerate(zip(LABELS, matrix, strict=True))
    }
    return Metrics(
        n=sum(columns),
        labels=LABELS,
        accuracy=0.7,
        balanced_accuracy=0.8,
        macro_f1=0.6,
        ece=0.03,
        auc=0.9,
        malignant_auc=0.9,
        always_nevus_accuracy=0.6,
        intervals={"accuracy": Interval(0.65, 0.75), "balanced_accuracy": Interval(0.7, 0.9)},
        per_class=per_class,
        confusion_matrix=matrix,
        classes_without_photographs=tuple(label for label in LABELS if not per_class[label].n),
    )


def test_the_shipped_model_is_described_from_its_manifest(read, shipped):
    page = read()
    found = round(100 * shipped.metrics.per_class["mel"].recall)
    assert f"It finds {found} of 100 melanomas and misses {100 - found}." in page
    assert f"{100 * shipped.metrics.balanced_accuracy:.1f} %" in page
    assert f"{100 * shipped.metrics.always_nevus_accuracy:.1f} %" in page
    assert f"{100 * shipped.malignant_threshold:.1f} %" in page
    assert f"version {shipped.version}" in page
    assert shipped.licence in page
    assert shipped.training.description in page
    assert f"{100 * shipped.metrics.macro_f1:.1f} %" in page
    assert "balanced accuracy of answering “nevus” always</th> <td> 14.3 %" in page
    for values in shipped.metrics.per_class.values():
        assert f"<td> {100 * values.f1:.0f} % </td>" in page
    assert page.count("warns here") == 1
    for place, row in enumerate(shipped.metrics.confusion_matrix):
        assert f'<td class="is-right"> {row[place]} <small>' in page
    for weakness in ("none of these", "Light skin.", "Dermatoscope only", "children"):
        assert weakness in page


def test_admins_read_it_and_find_it_in_their_rail(sign_in, admin):
    page = sign_in(admin).get(URL).content.decode()
    assert "The model" in page
    assert f'href="{URL}"' in page


def test_secretaries_and_patients_do_not_read_it(sign_in, secretary, patient):
    for person in (secretary, patient.user):
        assert sign_in(person).get(URL).status_code == 403


def test_without_a_bundle_the_page_says_so(read, settings, tmp_path):
    settings.MODEL_BUNDLE = tmp_path
    assert "No model is installed" in read()


def test_a_manifest_that_cannot_be_read_is_a_sentence_and_no_failure(read, settings, tmp_path):
    settings.MODEL_BUNDLE = tmp_path
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "9"}))
    page = read()
    assert "The installed model cannot be read" in page
    assert str(tmp_path) not in page


def test_a_model_of_classes_that_the_site_does_not_store_is_not_used(read, install, shipped):
    eight = (*LABELS, "scc")
    install(replace(shipped, labels=eight, metrics=None, operating_points={}, uncertainty=None))
    assert "The installed model cannot be read" in read()
    assert installed_model_version() == ""
    with pytest.raises(BundleError, match="stores answers in the classes akiec, bcc"):
        get_ensemble.__wrapped__()


def test_a_model_that_nobody_measured_says_so_everywhere(read, install, shipped):
    install(replace(shipped, metrics=None, operating_points={}, uncertainty=None))
    page = read()
    assert "not measured" in page
    assert "Nobody knows how often it is right." in page
    assert "never warns of malignant disease" in page
    assert "every answer names a kind of lesion" in page
    assert "It finds" not in page
    assert "none of these" in page


def test_a_class_without_photographs_or_answers_is_not_given_a_number(read, install, shipped):
    install(replace(shipped, metrics=metrics(nv=(0, 0, 0, 0, 0, 20, 0))))
    page = read()
    assert "nobody knows how many it finds" in page
    assert "never answered" in page
    assert "Melanoma: 0, too few to say how many it finds." in page


def test_the_three_worst_confusions_are_shares_of_kinds_with_enough_photographs(shipped):
    counted = metrics(
        nv=(0, 0, 10, 0, 30, 160, 0),
        mel=(0, 0, 0, 0, 30, 20, 0),
        bkl=(0, 0, 90, 0, 10, 0, 0),
        df=(0, 0, 5, 4, 0, 0, 0),
    )
    quality = describe_model(replace(shipped, metrics=counted), NAMES).quality
    worst = [(one.true_name, one.answer_name, one.percent) for one in quality.confusions]
    assert worst == [
        ("Melanoma", "Melanocytic nevus", 40.0),
        ("Melanocytic nevus", "Melanoma", 15.0),
        ("Benign keratosis", "Melanoma", 10.0),
    ]
    assert [(one.answer_name, one.count) for one in quality.missed_melanomas] == [
        ("Melanocytic nevus", 20)
    ]


def test_kinds_measured_on_few_photographs_are_named(shipped):
    counted = metrics(nv=(0, 0, 0, 0, 0, 50, 0), df=(0, 0, 0, 49, 0, 0, 0))
    quality = describe_model(replace(shipped, metrics=counted), NAMES).quality
    rare = {row.label for row in quality.rare_classes}
    assert "df" in rare
    assert "nv" not in rare


def test_where_all_were_found_no_interval_is_claimed(read, install, shipped):
    counted = metrics(df=(0, 0, 0, 9, 0, 0, 0))
    found = replace(counted.per_class["df"], recall=1.0, recall_interval=Interval(1.0, 1.0))
    install(
        replace(shipped, metrics=replace(counted, per_class={**counted.per_class, "df": found}))
    )
    assert "Dermatofibroma: 9, too few to say how many it finds." in read()


def test_the_table_marks_what_is_right_and_what_is_often_wrong(shipped):
    counted = metrics(mel=(0, 0, 9, 0, 81, 10, 0))
    row = describe_model(replace(shipped, metrics=counted), NAMES).quality.matrix[4]
    assert [cell.is_right for cell in row.cells] == [False] * 4 + [True] + [False] * 2
    assert [cell.is_often_wrong for cell in row.cells] == [False] * 5 + [True, False]


def test_the_threshold_that_the_site_warns_at_is_marked(shipped):
    card = describe_model(replace(shipped, warn_at="sensitivity_95"), NAMES)
    assert [point.target_percent for point in card.points] == [90, 95]
    assert [point.is_warned_at for point in card.points] == [False, True]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (60, "1 minute"),
        (3604, "1 hour"),
        (9000, "2 hours 30 minutes"),
    ],
)
def test_a_training_time_is_said_in_hours_and_minutes(seconds, words):
    assert duration_words(seconds) == words


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_the_shipped_bundle_says_is_in_the_language_of_the_page(
    language, read, doctor, shipped
):
    doctor.language = language
    doctor.save()
    page = read()
    for words in (shipped.data.description, shipped.licence):
        assert words not in page
        with translation.override(language):
            assert gettext(words) in page
    # The recipe consists of names and numbers.
    assert '<dd lang="en" dir="ltr">' in page
