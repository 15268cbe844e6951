"""The documents that a doctor prepares for a signed visit: a report and letters."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.records.models.consultation import Consultation
from clinic.records.pages.papers import send_paper
from clinic.records.permissions import (
    can_write_visit,
    is_offered_opening,
    visible_consultations,
    visible_prescriptions,
)
from clinic.records.services.consultations import record_visit_view
from diagnosis.lesions.models import LesionImage
from diagnosis.letters.forms import LetterForm, PhotographsForm
from diagnosis.letters.models import ReferralLetter
from diagnosis.letters.services.referral_letters import (
    first_draft,
    print_referral_letter,
    write_referral_letter,
)
from diagnosis.letters.services.visit_report import VisitRecord, print_visit_report
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.permissions import (
    can_see_to_review,
    validated_reviews,
    visible_diagnoses,
    visible_images,
)
from diagnosis.reviews.services.records import told_diagnoses, told_reviews


@require_http_methods(["GET", "POST"])
def visit_letters(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """List the letters of a visit, with a form for a new one drafted from its notes."""
    visit = _get_visit(request, pk)
    if visit.signed_at is None:
        return refusal_page(
            request,
            ValidationError(_("This visit is not signed yet. Letters can be written once it is.")),
        )
    photographs = _photographs(request, visit)
    if request.method == "GET":
        record_visit_view(consultation=visit, actor=request.user)
        text = first_draft(
            visit=visit,
            diagnoses=[*_reviews(visit), *_others(request, visit)],
            photographs=visible_images(request.user),
        )
        return _page(request, visit, LetterForm(photographs=photographs, initial={"text": text}))
    if not can_write_visit(request.user, visit):
        raise PermissionDenied
    form = LetterForm(request.POST, photographs=photographs)
    if form.is_valid():
        try:
            write_referral_letter(
                visit=visit,
                actor=request.user,
                addressee=form.cleaned_data["addressee"],
                question=form.cleaned_data["question"],
                text=form.cleaned_data["text"],
                reviews=list(_reviews(visit)),
                chosen=form.chosen,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("diagnosis:visit_letters", pk=visit.pk)
    return _page(request, visit, form, status=422)


@require_POST
def visit_report_chosen(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Serve the visit report with the chosen photographs."""
    visit = _get_visit(request, pk)
    form = PhotographsForm(request.POST, photographs=_photographs(request, visit), prefix="report")
    if not form.is_valid():
        photographs = _photographs(request, visit)
        letter = LetterForm(photographs=photographs)
        return _page(request, visit, letter, report_form=form, status=422)
    prescriptions = visible_prescriptions(request.user).filter(signed_at__isnull=False)
    record = VisitRecord(
        visit=visit,
        reviews=validated_reviews(),
        diagnoses=visible_diagnoses(request.user).standing(),
        prescription=prescriptions.filter(consultation=visit).first(),
        photographs=visible_images(request.user),
    )
    try:
        paper = print_visit_report(
            record=record,
            is_for_patient=False,
            actor=request.user,
            site_url=request.build_absolute_uri("/"),
            chosen=form.chosen,
        )
    except ValidationError as error:
        return refusal_page(request, error)
    return send_paper(paper)


@require_GET
def referral_letter(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Serve a letter as a PDF."""
    letters = ReferralLetter.objects.filter(consultation__in=_visits(request)).select_related(
        "document", "consultation__patient", "consultation__doctor__user"
    )
    letter = get_object_or_404(letters, pk=pk)
    paper = print_referral_letter(
        letter=letter,
        actor=request.user,
        site_url=request.build_absolute_uri("/"),
    )
    return send_paper(paper)


def _page(
    request: SignedInRequest,
    visit: Consultation,
    form: LetterForm,
    *,
    report_form: PhotographsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    photographs = _photographs(request, visit)
    context = {
        "visit": visit,
        "patient": visit.patient,
        "form": form,
        "report_form": report_form or PhotographsForm(photographs=photographs, prefix="report"),
        "letters": visit.referral_letters.select_related("written_by"),
        "can_write": not visit.patient.has_ended and can_write_visit(request.user, visit),
        "can_open_record": is_offered_opening(request.user, visit.patient),
    }
    return render(request, "diagnosis/letters/visit_letters.html", context, status=status)


def _visits(request: SignedInRequest) -> QuerySet[Consultation]:
    """Return the visits of patients in care: letters are between doctors."""
    visits = visible_consultations(request.user)
    return visits if can_see_to_review(request.user) else visits.none()


def _get_visit(request: SignedInRequest, pk: UUID) -> Consultation:
    visits = _visits(request).select_related("patient", "doctor__user", "body_site")
    return get_object_or_404(visits.prefetch_related("symptoms", "addenda__written_by"), pk=pk)


def _photographs(request: SignedInRequest, visit: Consultation) -> QuerySet[LesionImage]:
    photographs = visible_images(request.user).filter(consultation=visit)
    return photographs.select_related("lesion__body_site")


def _reviews(visit: Consultation) -> QuerySet[Review]:
    return told_reviews(validated_reviews().filter(prediction__image__consultation=visit))


def _others(request: SignedInRequest, visit: Consultation) -> QuerySet[VisitDiagnosis]:
    return told_diagnoses(visible_diagnoses(request.user).standing().filter(consultation=visit))
