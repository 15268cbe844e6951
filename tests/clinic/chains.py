"""Steps of somebody who tries to become somebody else, as far as the pages allow."""

import re

from django.conf import settings as site
from django.urls import reverse

from clinic.models import Notification
from clinic.people.services.record_access import LETTERS
from tests.factories import PASSWORD

THIEF = "thief@example.org"
NEW_PASSWORD = "nine purple lighthouses"
MY_CODE = reverse("clinic:my_record_code")
MY_RECORD = reverse("diagnosis:my_record")
CLINICAL_PAGES = (
    "diagnosis:my_record",
    "clinic:my_documents",
    "clinic:my_access",
    "clinic:my_erasure",
)
ABSENCE = reverse("clinic:absence_add")
BOOK = reverse("clinic:appointment_book")
SECURITY = site.BASE_DIR / "SECURITY.md"
WRONG_CODE = "AAAAA-AAAAA"


def change_address(browser, patient, email=THIEF):
    said = {
        "full_name": patient.full_name,
        "birth_date": patient.birth_date.isoformat(),
        "sex": patient.sex,
        "phone": str(patient.phone),
        "language": patient.language,
        "email": email,
    }
    page = browser.get(reverse("clinic:patient_edit", args=[patient.pk]))
    hidden = {field.name: field.value() or "" for field in page.context["form"] if field.is_hidden}
    return browser.post(reverse("clinic:patient_edit", args=[patient.pk]), hidden | said)


def invite(browser, patient):
    browser.post(reverse("clinic:patient_invite", args=[patient.pk]))
    patient.refresh_from_db()
    return patient.user


def change_account(browser, user, email=THIEF, password=PASSWORD, **said):
    url = reverse("clinic:account_edit", args=[user.pk])
    page = browser.get(url)
    known = {field.name: field.value() or "" for field in page.context["form"]}
    return browser.post(url, known | {"email": email, "password": password} | said)


def remove_factor(browser, user, password=PASSWORD):
    url = reverse("clinic:account_second_factor", args=[user.pk])
    return browser.post(url, {"password": password})


def hire(browser, role, email, password=PASSWORD):
    said = {"role": role, "full_name": "Nora New", "email": email, "language": "en"}
    return browser.post(reverse("clinic:account_create"), said | {"password": password})


def code_for(browser, patient):
    """Return the code on the paper that a doctor prints."""
    url = reverse("clinic:record_code_hand_out", args=[patient.pk])
    page = browser.post(url, follow=True)
    assert page.status_code == 200
    return re.search(rf"[{LETTERS}]{{5}}-[{LETTERS}]{{5}}", page.content.decode())[0]


def reads(browser, patient):
    """Return whether any page of the portal shows anything clinical about the patient."""
    pages = [browser.get(reverse(url), follow=True).content.decode() for url in CLINICAL_PAGES]
    visits = patient.consultations.values_list("pk", flat=True)
    letters = [browser.get(reverse("diagnosis:my_visit", args=[pk])).status_code for pk in visits]
    papers = [
        browser.get(reverse("diagnosis:visit_report", args=[pk])).status_code for pk in visits
    ]
    return 200 in letters + papers or any("Dora Doctor" in page for page in pages)


def record_of(patient):
    return reverse("clinic:patient_detail", args=[patient.pk])


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient__email", flat=True))
