"""The allergy bar: every page that shows it has the data, and it cannot be drawn without."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

from clinic.models import Allergy

HTMX = {"HX-Request": "true"}
PAGES = {
    "patient": ("get", "/patients/{patient}/"),
    "timeline": ("get", "/patients/{patient}/timeline/"),
    "visit": ("get", "/visits/{visit}/"),
    "patient of a visit": ("get", "/visits/{visit}/patient/"),
    "refused notes": ("post", "/visits/{visit}/save/"),
    "refused prescription": ("post", "/visits/{visit}/prescription/"),
    "refused signature": ("post", "/visits/{visit}/sign/"),
    "refused fact": ("post", "/visits/{visit}/facts/allergy/"),
    "lesion": ("get", "/lesions/{lesion}/"),
}
DRAWS_IT = (
    "clinic/office/patient_detail.html",
    "clinic/records/partials/visit_card.html",
    "clinic/records/visit_part.html",
    "diagnosis/reviews/lesion.html",
    "diagnosis/reviews/timeline.html",
)


@pytest.fixture
def paths(consultation, patient, image):
    keys = {"patient": patient.pk, "visit": consultation.pk, "lesion": image.lesion.pk}
    return {page: (method, path.format(**keys)) for page, (method, path) in PAGES.items()}


def read(browser, method, path):
    return getattr(browser, method)(path).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_each_page_names_the_allergy(page, paths, sign_in, doctor, patient):
    Allergy.objects.create(patient=patient, substance="Penicillin", noted_by=doctor)

    text = read(sign_in(doctor), *paths[page])

    assert 'class="allergy">Penicillin' in text
    assert "Allergies not asked yet" not in text


@pytest.mark.parametrize("page", PAGES)
def test_each_page_tells_none_from_not_asked(page, paths, sign_in, doctor, patient):
    browser = sign_in(doctor)
    assert "Allergies not asked yet" in read(browser, *paths[page])
    patient.has_no_known_allergies = True
    patient.save()

    text = read(browser, *paths[page])

    assert "No known allergies" in text
    assert "Allergies not asked yet" not in text


@pytest.mark.parametrize("given", [{}, {"allergy_bar": None}, {"allergy_bar": ()}])
def test_a_page_that_was_not_given_the_allergies_cannot_be_drawn(given):
    page = Template("{% load allergies %}{% allergy_bar allergy_bar %}")

    # In service a missing variable reads as nothing; in the suite it fails before that.
    with pytest.raises(TypeError, match="allergy_bar_of"):
        page.render(Context(given))


def test_nothing_but_the_tag_draws_the_bar():
    folder = Path(settings.BASE_DIR / "templates")
    texts = {path.relative_to(folder): path.read_text() for path in folder.rglob("*.html")}

    assert not [path for path, text in texts.items() if "partials/allergy_bar.html" in text]
    drawn = {str(path) for path, text in texts.items() if "{% allergy_bar " in text}
    assert drawn == set(DRAWS_IT)
