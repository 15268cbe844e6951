import pytest

from clinic.models import Consent
from clinic.records.services.consultations import sign_visit
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Prediction
from diagnosis.predictions.services.predictions import request_prediction, run_prediction
from ml.bundle.labels import LABELS, MALIGNANT
from tests import photographs
from tests.factories import ConsentFactory
from tests.full_visit import written_up


@pytest.fixture(autouse=True)
def _files_of_its_own(media):
    """Let every test in this folder store photographs."""


@pytest.fixture
def his(sign_in, doctor):
    """Return the browser of the doctor."""
    return sign_in(doctor)


@pytest.fixture
def mine(sign_in, patient):
    """Return the browser of the patient."""
    return sign_in(patient.user)


@pytest.fixture(autouse=True)
def queue(settings, monkeypatch):
    """Return the arguments of the messages sent to the broker, which nobody processes."""
    from diagnosis.tasks import run_prediction_task

    sent = []
    monkeypatch.setattr(
        run_prediction_task, "apply_async", lambda args, **options: sent.append((args[0], options))
    )
    return sent


@pytest.fixture
def reading(sign_in, doctor):
    """Return a browser in which a doctor is signed in, who reads the atlas."""
    return sign_in(doctor)


@pytest.fixture
def keeping(sign_in, admin):
    """Return a browser in which an admin is signed in, who edits the atlas."""
    return sign_in(admin)


@pytest.fixture
def ai_consent(patient, secretary):
    return ConsentFactory(
        patient=patient, purpose=Consent.Purpose.AI_ANALYSIS, recorded_by=secretary
    )


@pytest.fixture
def training_consent(patient, secretary):
    return ConsentFactory(patient=patient, purpose=Consent.Purpose.TRAINING, recorded_by=secretary)


@pytest.fixture
def image(consultation, doctor):
    """Return a photograph in the open visit."""
    return upload_image(consultation=consultation, data=photographs.jpeg(seed=1), actor=doctor)


@pytest.fixture
def queued_prediction(image, doctor, ai_consent):
    return request_prediction(image=image, actor=doctor)


@pytest.fixture
def prediction(queued_prediction):
    """Return a finished prediction of the real ensemble, which is sure and gives no warning."""
    run_prediction(prediction_id=queued_prediction.pk)
    assert Prediction.objects.filter(status="done").exists()
    # Each training changes what the installed weights are sure of.
    Prediction.objects.update(malignant_threshold=1.01, uncertain_below=0.0)
    queued_prediction.refresh_from_db()
    return queued_prediction


@pytest.fixture
def answer_with(prediction):
    """Change the finished prediction as another ensemble would have left it."""

    def _answer_with(*, malignant_threshold=None, uncertain_below=None, **probabilities):
        Prediction.objects.filter(pk=prediction.pk).update(
            label=max(probabilities, key=probabilities.get),
            probabilities=dict.fromkeys(LABELS, 0.0) | probabilities,
            malignant_share=sum(probabilities.get(label, 0) for label in MALIGNANT),
            malignant_threshold=malignant_threshold,
            uncertain_below=uncertain_below,
        )
        prediction.refresh_from_db()
        return prediction

    return _answer_with


@pytest.fixture
def sign(doctor):
    """Let the doctor write a line and then sign the visit."""

    def _sign(consultation):
        consultation.refresh_from_db()
        saved = written_up(consultation, doctor, notes="Seen.", conclusion="Nothing to fear.")
        return sign_visit(consultation=saved, actor=doctor, unreviewed_reason="Seen by eye.")

    return _sign
