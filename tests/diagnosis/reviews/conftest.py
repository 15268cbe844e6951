import pytest
from django.utils import timezone

from diagnosis.lesions.services.lesions import move_image
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Prediction
from tests import photographs


@pytest.fixture
def failed(queued_prediction):
    Prediction.objects.update(
        status="failed", failure=Prediction.Failure.TIMED_OUT, finished_at=timezone.now()
    )
    queued_prediction.refresh_from_db()
    return queued_prediction


@pytest.fixture
def photograph(doctor):
    """Take another photograph in a visit, of a known or a new lesion."""

    def _photograph(consultation, seed, lesion=None):
        image = upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor
        )
        if lesion:
            move_image(image=image, actor=doctor, lesion=lesion)
            image.refresh_from_db()
        return image

    return _photograph
