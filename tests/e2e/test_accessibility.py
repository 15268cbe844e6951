"""Axe finds nothing serious on the pages that people work with, in light and dark."""

from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, Consultation, Doctor, IssuedDocument, Patient, User
from clinic.people.services.emergency import open_emergency_access
from clinic.scheduling.services.waiting_screen import renew_screen
from diagnosis.models import AtlasImage, Disease
from skinhealth.demo.sign_in import DEMO_PASSWORD
from tests.demo import small_drawings
from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)

CALENDAR_VIEWS = ("day", "week", "month")
AXE = Path(settings.BASE_DIR, "node_modules/axe-core/axe.min.js")
RUN_AXE = """async rules =>
  (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations"""
EVERY_RULE = {}
# The text and structure of a page are the same in both schemes.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}

# Pages that load parts of themselves, which takes half a second to be sure of.
ASKS_FOR_MORE = "[hx-trigger*=load], #calendar"

# The page takes the scheme, unless it is always dark, and no colour of it is still fading.
FOLLOW = """async scheme => {
  const {dataset} = document.documentElement;
  const isBehind = () => dataset.theme === "system" && dataset.bsTheme !== scheme;
  const isFading = (animation) => animation.effect.getComputedTiming().endTime < Infinity;
  for (let frames = 0; frames < 600; frames += 1) {
    const fading = document.getAnimations().filter(isFading);
    if (!isBehind() && fading.length === 0) return;
    // What takes its colour from there fades next.
    for (const animation of fading) animation.finish();
    await new Promise(requestAnimationFrame);
  }
  throw new Error(`The page does not become ${scheme}.`);
}"""


@pytest.fixture
def demo(settings):
    """Return the demo clinic at noon, with small drawings; at night it has few visits."""
    settings.IS_DEMO = settings.DEBUG = True
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    with mock.patch.object(timezone, "now", return_value=noon), small_drawings():
        call_command("load_demo")
    settings.IS_DEMO = settings.DEBUG = False


def addresses():
    """Return the pages by who reads them."""
    doctor = Doctor.objects.get(user__email="doctor@demo.example")
    patient = Patient.objects.get(user__email="patient@demo.example")
    open_visit = Consultation.objects.get(doctor=doctor, signed_at=None)
    lesion = open_visit.images.get().lesion
    own_visits = Consultation.objects.signed().filter(patient=patient)
    waiting = Appointment.objects.filter(doctor=doctor, status="arrived").first()
    account = User.objects.get(email="secretary@demo.example")
    melanoma = Disease.objects.get(code="mel")
    proposal = AtlasImage.objects.proposed().first()
    emergency = open_emergency_access(
        doctor=Doctor.objects.exclude(pk=doctor.pk).first().user,
        patient=patient,
        reason="Brought in unconscious.",
    )
    paper = IssuedDocument.objects.create(
        consultation=own_visits[0],
        kind=IssuedDocument.Kind.VISIT_LETTER,
        issued_at=own_visits[0].signed_at,
    )
    return {
        "admin": [
            reverse("clinic:account_list"),
            reverse("clinic:audit_list"),
            reverse("clinic:emergency_list"),
            reverse("clinic:emergency_review", args=[emergency.pk]),
            reverse("clinic:notification_list"),
            reverse("clinic:account_create"),
            reverse("clinic:account_edit", args=[account.pk]),
            reverse("clinic:account_deactivate", args=[account.pk]),
            reverse("diagnosis:atlas_disease", args=[melanoma.pk]),
            reverse("diagnosis:atlas_disease_edit", args=[melanoma.pk]),
            reverse("diagnosis:atlas_proposals"),
            reverse("diagnosis:atlas_image", args=[proposal.pk]),
            reverse("diagnosis:model_card"),
            reverse("clinic:profile"),
            reverse("mfa_index"),
            reverse("mfa_view_recovery_codes"),
            reverse("mfa_add_webauthn"),
            reverse("usersessions_list"),
            reverse("clinic:clinic_settings"),
            reverse("clinic:symptom_list"),
            reverse("clinic:symptom_create"),
            reverse("clinic:body_site_list"),
            reverse("clinic:erasure_list"),
        ],
        "secretary": [
            reverse("clinic:clinic_settings"),
            reverse("clinic:desk_day"),
            reverse("clinic:notification_list"),
            *(reverse("clinic:calendar", query={"view": view}) for view in CALENDAR_VIEWS),
            reverse("clinic:appointment_book"),
            reverse("clinic:appointment_detail", args=[waiting.pk]),
            reverse("clinic:patient_list"),
            reverse("clinic:patient_register"),
            reverse("clinic:patient_detail", args=[patient.pk]),
            reverse("clinic:request_list"),
            reverse("clinic:doctor_list"),
            reverse("clinic:doctor_hours", args=[doctor.pk]),
            reverse("clinic:waiting_room"),
            reverse("clinic:walk_in"),
            reverse("clinic:arrival_slip", args=[waiting.pk]),
            reverse("clinic:waiting_screen", args=[renew_screen(actor=account)]),
            reverse("clinic:absence_list"),
            reverse("clinic:absence_add"),
            reverse("clinic:visit_type_list"),
            reverse("clinic:visit_type_add"),
        ],
        "doctor": [
            reverse("clinic:doctor_day"),
            reverse("clinic:notification_list"),
            reverse("clinic:waiting_room"),
            reverse("diagnosis:to_review"),
            reverse("diagnosis:model_card"),
            reverse("clinic:template_list"),
            reverse("clinic:template_new", args=["notes"]),
            reverse("clinic:template_new", args=["prescription"]),
            reverse("diagnosis:visit", args=[open_visit.pk]),
            reverse("diagnosis:visit", args=[own_visits.first().pk]),
            reverse("diagnosis:lesion", args=[lesion.pk]),
            reverse("diagnosis:lesion_edit", args=[lesion.pk]),
            reverse("diagnosis:timeline", args=[open_visit.patient_id]),
            reverse("diagnosis:visit_letters", args=[own_visits.first().pk]),
            reverse("clinic:patient_documents", args=[patient.pk]),
            reverse("clinic:patient_access", args=[patient.pk]),
            reverse("clinic:emergency_open"),
            reverse("diagnosis:atlas_list"),
            reverse("diagnosis:atlas_disease", args=[melanoma.pk]),
            reverse("diagnosis:atlas_image_add", args=[melanoma.pk]),
            reverse("diagnosis:atlas_compare", args=[own_visits.first().images.first().pk]),
        ],
        "patient": [
            reverse("clinic:my_appointments"),
            reverse("clinic:notification_list"),
            reverse("clinic:my_book"),
            reverse("clinic:my_consents"),
            reverse("clinic:my_erasure"),
            reverse("diagnosis:my_record"),
            reverse("clinic:my_documents"),
            reverse("clinic:my_access"),
            *(reverse("diagnosis:my_visit", args=[visit.pk]) for visit in own_visits),
            reverse("clinic:document_verify", args=[paper.token]),
        ],
    }


def complaints(page, who):
    """Return axe's complaints about a page, one line per rule: all in light, colours in dark."""
    if page.locator(ASKS_FOR_MORE).count():
        page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text())
    found = []
    for scheme, rules in (("light", EVERY_RULE), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(FOLLOW, scheme)
        found += [
            f"{who} {scheme} {page.url}: {one['id']}: {node['html']} {node['any']}"
            for one in page.evaluate(RUN_AXE, rules)
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"][:1]
        ]
    return found


def test_axe_finds_nothing_serious(demo, open_browser):
    found = []
    for role, pages in addresses().items():
        page = open_browser(role)
        found += complaints(page, "anonymous")
        come_in(page, f"{role}@demo.example", DEMO_PASSWORD)
        for path in pages:
            page.goto(path)
            found += complaints(page, role)

    assert not found, "\n".join(found)
