"""A doctor adds diagnoses to a visit that are about no photograph, changes and withdraws them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from clinic.models import AuditEvent, BodySite
from clinic.records.services.visit_guard import VisitSignedError
from diagnosis.models import Disease, Lesion, VisitDiagnosis
from diagnosis.reviews.services.diagnoses import (
    DiagnosisChangedError,
    add_diagnosis,
    change_diagnosis,
    withdraw_diagnosis,
)
from diagnosis.reviews.services.reviews import Diagnosis, in_own_words
from tests.factories import PatientFactory

HTMX = {"HX-Request": "true"}
WORDS = "Zebra-striped dermatosis"


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


@pytest.fixture
def eczema(db):
    return Diagnosis(disease=Disease.objects.get(code="eczema"), certainty="probable")


@pytest.fixture
def psoriasis(db):
    return Diagnosis(disease=Disease.objects.get(code="psoriasis"))


def add(client, visit, **said):
    return client.post(reverse("diagnosis:diagnosis_add", args=[visit.pk]), said)


def fetched(client, visit):
    """Fetch the list as the page of the visit does."""
    return client.get(reverse("diagnosis:visit_diagnoses", args=[visit.pk]), headers=HTMX)


def listed(response):
    page = BeautifulSoup(response.content, "html.parser")
    rows = page.select("#own-diagnoses > .findings > li")
    return [" ".join(row.get_text(" ").split()) for row in rows]


def test_a_visit_without_a_photograph_has_several_diagnoses(client, consultation):
    assert add(client, consultation, disease="Psoriasis", certainty="certain").status_code == 302
    add(client, consultation, disease="Acne vulgaris – L70.0", place=_site("face"))

    first, second = VisitDiagnosis.objects.all()
    assert (first.diagnosis_name, first.certainty, first.site) == ("Psoriasis", "certain", None)
    assert (second.icd10, second.certainty, second.site.code) == ("L70.0", "", "face")
    page = fetched(client, consultation)
    rows = listed(page)
    assert rows[0].startswith("Psoriasis, certain Diagnosed without a photograph")
    assert rows[1].startswith("Face Acne")
    names = BeautifulSoup(page.content, "html.parser").select("#diagnosis-names option")
    assert [each["value"] for each in names] == ["Psoriasis", second.diagnosis_name]


def test_adding_one_renders_the_list_and_the_names_for_the_prescription(client, consultation):
    address = reverse("diagnosis:diagnosis_add", args=[consultation.pk])
    response = client.post(address, {"disease": "Psoriasis"}, headers=HTMX)
    assert len(listed(response)) == 1
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one("#visit-diagnoses")["hx-swap-oob"] == "true"
    assert page.select_one("#diagnosis-names option")["value"] == "Psoriasis"
    field = page.select_one("[action$='/diagnoses/add/'] [name=disease]")
    assert not field.get("value")


def test_what_no_catalogue_has_is_asked_about_first(client, consultation):
    asked = add(client, consultation, disease=WORDS)
    assert asked.status_code == 422
    assert "Save it in these words" in asked.content.decode()
    assert not VisitDiagnosis.objects.exists()

    add(client, consultation, disease=WORDS, own_words="on")
    kept = VisitDiagnosis.objects.get()
    assert (kept.disease.code, kept.diagnosis_name) == ("other", WORDS)
    assert WORDS not in str(list(AuditEvent.objects.values()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT own_words FROM diagnosis_visitdiagnosis")
        assert WORDS not in cursor.fetchone()[0]


def test_nothing_typed_and_no_name_are_refused(client, consultation):
    for typed in ("", "Another disease"):
        assert add(client, consultation, disease=typed).status_code == 422
    with pytest.raises(ValidationError, match="Say which disease"):
        add_diagnosis(
            consultation=consultation,
            actor=consultation.doctor.user,
            diagnosis=Diagnosis(disease=Disease.objects.get(code="other")),
        )
    assert not VisitDiagnosis.objects.exists()


@pytest.mark.parametrize("own_words", ["", "on"])
def test_twenty_identical_posts_make_one_row(client, consultation, own_words):
    said = {"disease": WORDS if own_words else "Psoriasis", "own_words": own_words}
    for _time in range(20):
        assert add(client, consultation, **said).status_code == 302
    assert VisitDiagnosis.objects.count() == 1
    assert AuditEvent.objects.filter(target_type="diagnosis.visitdiagnosis").count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_at_the_same_moment_make_one_row(doctor, consultation):
    def post(_number):
        try:
            words = in_own_words(WORDS)
            add_diagnosis(consultation=consultation, actor=doctor, diagnosis=words)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(post, range(20)))
    assert VisitDiagnosis.objects.count() == 1


def test_a_disease_stands_once_in_a_place(client, doctor, consultation, eczema):
    said = {"consultation": consultation, "actor": doctor}
    face, back = (BodySite.objects.get(code=code) for code in ("face", "back"))
    for site in (None, face, back):
        add_diagnosis(**said, diagnosis=eczema, body_site=site)
    assert VisitDiagnosis.objects.count() == 3
    refused = add(client, consultation, disease="Eczema", certainty="certain")
    assert refused.status_code == 422
    assert "The list has this disease already" in refused.content.decode()
    with pytest.raises(ValidationError, match="already"):
        VisitDiagnosis(
            consultation=consultation, disease=eczema.disease, made_by=doctor, release="at_once"
        ).full_clean()


def test_a_change_keeps_what_was_said_before(client, doctor, consultation, eczema):
    first = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    lesion = Lesion.objects.create(patient=consultation.patient, number=1)
    address = reverse("diagnosis:diagnosis_change", args=[first.pk])
    said = {"disease": "Psoriasis", "certainty": "certain", "place": f"lesion {lesion.pk}"}
    for _click in range(2):
        assert client.post(address, said).status_code == 302

    first.refresh_from_db()
    second = VisitDiagnosis.objects.standing().get()
    assert first.diagnosis_name == "Eczema"
    assert first.ended_by == doctor
    assert (second.replaces, second.lesion) == (first, lesion)
    page = fetched(client, consultation).content.decode()
    assert "1 diagnosis changed or withdrawn" in page
    assert listed(fetched(client, consultation))[0].startswith("Lesion 1 Psoriasis, certain")
    verbs = AuditEvent.objects.filter(target_type="diagnosis.visitdiagnosis")
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == [
        "create",
        "transition",
        "create",
    ]


def test_what_is_saved_unchanged_is_the_same_diagnosis(client, doctor, consultation):
    for words in (in_own_words(WORDS), Diagnosis(disease=Disease.objects.get(code="psoriasis"))):
        kept = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=words)
        address = reverse("diagnosis:diagnosis_change", args=[kept.pk])
        assert client.post(address, {"disease": kept.diagnosis_name}).status_code == 302
    assert VisitDiagnosis.objects.count() == 2
    assert not VisitDiagnosis.objects.filter(ended_at__isnull=False).exists()


def test_a_disease_that_is_offered_no_more_can_still_be_made_certain(client, doctor, consultation):
    disease = Disease.objects.create(code="own", name="Disease of this clinic")
    kept = add_diagnosis(
        consultation=consultation, actor=doctor, diagnosis=Diagnosis(disease=disease)
    )
    Disease.objects.filter(pk=disease.pk).update(is_active=False)
    address = reverse("diagnosis:diagnosis_change", args=[kept.pk])
    client.post(address, {"disease": "Disease of this clinic", "certainty": "certain"})
    assert VisitDiagnosis.objects.standing().get().certainty == "certain"


def test_two_changes_at_once_are_not_both_made(client, doctor, consultation, eczema, psoriasis):
    kept = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    change_diagnosis(stored=kept, actor=doctor, diagnosis=psoriasis)
    for late in (
        lambda: change_diagnosis(stored=kept, actor=doctor, diagnosis=in_own_words(WORDS)),
        lambda: withdraw_diagnosis(stored=kept, actor=doctor),
    ):
        with pytest.raises(DiagnosisChangedError):
            late()
    address = reverse("diagnosis:diagnosis_change", args=[kept.pk])
    refused = client.post(address, {"disease": "Acne vulgaris"}, headers=HTMX)
    assert refused.status_code == 409
    assert "changed or withdrawn in the meantime" in refused.content.decode()
    form = BeautifulSoup(refused.content, "html.parser").select_one("[action$='/diagnoses/add/']")
    assert form.select_one("[name=disease]")["value"] == "Acne vulgaris"


def test_a_withdrawn_diagnosis_stays_in_the_history(client, doctor, consultation, eczema):
    kept = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    for _click in range(2):
        client.post(reverse("diagnosis:diagnosis_withdraw", args=[kept.pk]))
    kept.refresh_from_db()
    assert (kept.counts, kept.ended_by) == (False, doctor)
    page = fetched(client, consultation)
    assert listed(page) == []
    assert "withdrawn on" in page.content.decode()
    again = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    assert again.pk != kept.pk


def test_a_signed_visit_changes_by_addenda_alone(client, doctor, consultation, eczema, sign):
    kept = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    sign(consultation)
    for refused in (
        lambda: add_diagnosis(
            consultation=consultation, actor=doctor, diagnosis=in_own_words(WORDS)
        ),
        lambda: change_diagnosis(stored=kept, actor=doctor, diagnosis=in_own_words(WORDS)),
        lambda: withdraw_diagnosis(stored=kept, actor=doctor),
    ):
        with pytest.raises(VisitSignedError):
            refused()
    late = add(client, consultation, disease="Psoriasis")
    assert late.status_code == 409
    assert "Add an addendum instead" in late.content.decode()
    page = fetched(client, consultation)
    assert listed(page)[0].startswith("Eczema, probable")
    assert "Add a diagnosis" not in page.content.decode()


def test_a_lesion_of_somebody_else_is_no_place(client, doctor, consultation, eczema):
    lesion = Lesion.objects.create(patient=PatientFactory(), number=1)
    refused = add(client, consultation, disease="Eczema", place=f"lesion {lesion.pk}")
    assert refused.status_code == 422
    with pytest.raises(ValidationError, match="another patient"):
        add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema, lesion=lesion)


def test_a_call_in_with_a_diagnosis_is_not_undone(client, doctor, consultation, eczema):
    add_diagnosis(consultation=consultation, actor=doctor, diagnosis=eczema)
    assert "Undo the call-in" not in client.get(consultation.get_absolute_url()).content.decode()
    undone = client.post(reverse("clinic:visit_undo", args=[consultation.pk]))
    assert undone.status_code == 409
    assert VisitDiagnosis.objects.count() == 1


def test_the_list_takes_no_more_queries_however_long_it_is(
    client, doctor, consultation, eczema, psoriasis, django_assert_max_num_queries
):
    counts = []
    for diagnosis in (eczema, psoriasis, in_own_words(WORDS)):
        add_diagnosis(consultation=consultation, actor=doctor, diagnosis=diagnosis)
        with django_assert_max_num_queries(15) as queries:
            fetched(client, consultation)
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1


def test_without_scripts_the_list_is_a_page_with_the_same_form(client, consultation):
    address = reverse("diagnosis:visit_diagnoses", args=[consultation.pk])
    page = client.get(consultation.get_absolute_url()).content.decode()
    assert f'hx-get="{address}"' in page
    assert f'href="{address}"' in page
    assert "<h1>" in client.get(address).content.decode()
    refused = add(client, consultation, disease=WORDS)
    assert "<h1>" in refused.content.decode()
    assert WORDS in refused.content.decode()


def test_suggestions_for_the_list_leave_the_stages_of_the_review_alone(client, consultation):
    find = reverse("diagnosis:disease_find")
    headers = {**HTMX, "HX-Target": "visit-disease-names"}
    found = client.post(find, {"disease": "guttate"}, headers=headers).content.decode()
    assert "Guttate psoriasis" in found
    assert "review-stage" not in found


def _site(code):
    return f"site {BodySite.objects.get(code=code).pk}"
