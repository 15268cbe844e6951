"""Once a visit has a photograph, its call-in can no longer be undone."""

from clinic.models import Consultation
from diagnosis.models import LesionImage


def test_a_photographed_visit_stays_with_its_photograph(sign_in, doctor, consultation, image):
    browser = sign_in(doctor)
    assert (
        f"/visits/{consultation.pk}/undo/"
        not in browser.get(f"/visits/{consultation.pk}/").content.decode()
    )
    response = browser.post(f"/visits/{consultation.pk}/undo/")
    assert response.status_code == 409
    assert "the call-in cannot be undone" in response.content.decode()
    assert Consultation.objects.get() == consultation
    assert LesionImage.objects.get() == image
