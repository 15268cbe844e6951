"""Helpers that find out where a photograph without a diagnosis is shown."""

from django.urls import reverse
from django.utils import timezone

from diagnosis.letters.services.paper_photographs import undecided_in_words
from diagnosis.models import Disease, LesionImage, Prediction
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from diagnosis.reviews.services.worklist import with_states
from tests.papers import text_of


def worklist(client):
    return client.get(reverse("diagnosis:to_review")).content.decode()


def day(client):
    query = {"date": timezone.localdate().isoformat()}
    return client.get(reverse("diagnosis:day_alerts", query=query)).content.decode()


def timeline(client, patient):
    return client.get(reverse("diagnosis:timeline", args=[patient.pk])).content.decode()


def visit(client, consultation):
    return client.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()


def report(client, consultation):
    return text_of(client.get(reverse("diagnosis:visit_report", args=[consultation.pk])))


def on_paper(consultation):
    """Return what a paper of the visit would say about its open photographs."""
    return " ".join(undecided_in_words(LesionImage.objects.all(), visit=consultation))


def state_of(image):
    return with_states(LesionImage.objects.all()).get(pk=image.pk).state


def decide(prediction, doctor, code="nv", reason="Regular network."):
    return review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=Disease.objects.get(code=code)),
        reason=reason,
    )


def answered(image, *, share=0.1, version="another", threshold=0.3, finished_at=None):
    """Return an answer as another version of the ensemble would have left it."""
    return Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version=version,
        status="done",
        label="nv",
        probabilities={"nv": 1 - share, "mel": share},
        malignant_share=share,
        malignant_threshold=threshold,
        uncertain_below=0.0,
        finished_at=finished_at or timezone.now(),
    )
