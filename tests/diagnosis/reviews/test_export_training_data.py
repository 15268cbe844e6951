import csv

import pytest
from django.core.management import CommandError, call_command

from clinic.people.services.consents import withdraw_consent
from diagnosis.models import Disease
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from ml.bundle.labels import LABELS

pytestmark = pytest.mark.both_engines


def export(folder):
    call_command("export_training_data", str(folder))
    with (folder / "HAM10000_metadata.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_newest_review_of_each_photograph_is_written_without_names(
    tmp_path, doctor, patient, prediction, image, training_consent
):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    mel = Disease.objects.get(code="mel" if prediction.label != "mel" else "nv")
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=mel),
        reason="Later.",
    )
    [row] = export(tmp_path / "out")
    assert list(row) == [
        "lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization", "dataset",
    ]  # fmt: skip
    assert row["dx"] == mel.code
    assert row["image_id"] == str(image.pk)
    assert row["lesion_id"] == str(image.lesion_id)
    assert int(row["age"]) % 5 == 0
    written = tmp_path / "out" / "images" / f"{image.pk}.jpg"
    assert written.read_bytes() == image.file.read()
    everything = (tmp_path / "out" / "HAM10000_metadata.csv").read_text()
    for secret in (patient.full_name, patient.record_number, str(patient.pk), patient.email):
        assert secret not in everything


def test_a_label_outside_the_seven_is_written_by_its_code(
    tmp_path, doctor, prediction, training_consent
):
    scc = Disease.objects.get(code="scc")
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    assert [row["dx"] for row in export(tmp_path / "out")] == ["scc"]


def test_unreviewed_photographs_stay_at_home(tmp_path, prediction, training_consent):
    assert export(tmp_path / "out") == []


def test_a_consent_given_after_the_review_counts_and_a_withdrawn_one_does_not(
    tmp_path, doctor, secretary, patient, prediction
):
    from clinic.people.services.consents import give_consent

    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert export(tmp_path / "before") == []
    consent = give_consent(patient=patient, purpose="training", method="paper", actor=secretary)
    assert len(export(tmp_path / "given")) == 1
    withdraw_consent(consent=consent, actor=secretary)
    assert export(tmp_path / "withdrawn") == []


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(CommandError, match="not empty"):
        export(tmp_path)


def test_the_export_is_what_training_reads(tmp_path, doctor, prediction, training_consent):
    from ml.training.data import read_collection

    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    export(tmp_path / "out")
    [photograph] = read_collection([tmp_path / "out"]).photographs
    assert LABELS[photograph.label] == prediction.label
