"""One lesion over time, and a doctor's corrections to it."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.ended import lead_back_from_ended
from clinic.records.allergy_bar import allergy_bar_of
from clinic.records.permissions import can_write_visit
from diagnosis.lesions.forms import LesionForm, MoveForm, SizeForm
from diagnosis.lesions.models import Lesion, LesionImage
from diagnosis.lesions.permissions import can_edit_lesion, visible_lesions
from diagnosis.lesions.services.lesions import (
    move_image,
    record_lesion_view,
    record_size,
    update_lesion,
)
from diagnosis.predictions.answers import Answer, describe
from diagnosis.predictions.models.disease import Disease
from diagnosis.reviews.pages.cards import PhotographCard, photograph_cards
from diagnosis.reviews.pages.images import get_image_for_doctor, render_panels, visit_url
from diagnosis.reviews.permissions import visible_diagnoses, visible_images


@dataclass(frozen=True)
class ComparedPhotograph:
    """One side of a comparison: a photograph, and its answer if there is one."""

    card: PhotographCard
    answer: Answer | None


@dataclass(frozen=True)
class Comparison:
    """Two photographs of one lesion, side by side."""

    left: ComparedPhotograph
    right: ComparedPhotograph

    @property
    def days(self) -> int:
        """Return the number of days between the two."""
        times = (side.card.image.uploaded_at for side in (self.left, self.right))
        first, last = sorted(timezone.localdate(time) for time in times)
        return (last - first).days

    @property
    def growth_mm(self) -> Decimal | None:
        """Return how many mm larger the right one is, or None if not known."""
        left, right = self.left.card.image.size_mm, self.right.card.image.size_mm
        return None if left is None or right is None else right - left

    @property
    def shrinkage_mm(self) -> Decimal | None:
        """Return how many mm smaller the right one is, or None if not known."""
        return None if self.growth_mm is None else -self.growth_mm


@require_GET
def lesion(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show the photographs of one lesion over time, two of them side by side."""
    found = _get_lesion(request, pk)
    cards = photograph_cards(visible_images(request.user).filter(lesion=found))
    record_lesion_view(lesion=found, actor=request.user)
    context = {
        "lesion": found,
        "allergy_bar": allergy_bar_of(found.patient),
        "lesions": [found],
        "cards": cards,
        "diagnoses": visible_diagnoses(request.user)
        .standing()
        .filter(lesion=found)
        .select_related("disease", "made_by"),
        "comparison": _compare(request, cards),
        "can_edit": not found.patient.has_ended and can_edit_lesion(request.user, found),
    }
    return render(request, "diagnosis/reviews/lesion.html", context)


@require_http_methods(["GET", "POST"])
def lesion_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Edit where a lesion is and whether it is still followed."""
    found = _get_lesion(request, pk)
    if not can_edit_lesion(request.user, found):
        raise PermissionDenied
    if away := lead_back_from_ended(request, found.patient):
        return away
    form = LesionForm(request.POST or None, lesion=found)
    if form.is_valid() and _update(form, found, request):
        messages.success(request, _("The changes are saved."))
        return redirect("diagnosis:lesion", pk=found.pk)
    record_lesion_view(lesion=found, actor=request.user)
    others = visible_lesions(request.user).filter(patient=found.patient).followed()
    context = {"lesion": found, "form": form, "lesions": others.exclude(pk=found.pk)}
    return render(
        request, "diagnosis/reviews/lesion_edit.html", context, status=422 if form.errors else 200
    )


@require_POST
def image_move(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Move a photograph to the lesion that it shows."""
    image = get_image_for_doctor(request, pk)
    if not can_write_visit(request.user, image.consultation):
        raise PermissionDenied
    form = MoveForm(request.POST, patient=image.lesion.patient)
    if form.is_valid() and _move(form, image, request):
        if request.htmx:
            return render_panels(request, get_image_for_doctor(request, pk))
        return redirect(visit_url(image))
    if request.htmx:
        return render_panels(request, image, move_form=form, status=422)
    messages.error(request, _in_words(form))
    return redirect(visit_url(image))


@require_POST
def image_size(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Record the lesion's size in a photograph and confirm it next to the fields."""
    image = get_image_for_doctor(request, pk)
    if not can_write_visit(request.user, image.consultation):
        raise PermissionDenied
    form = SizeForm(request.POST, instance=image)
    if form.is_valid():
        try:
            image = record_size(
                image=image, actor=request.user, refuse_stale=form.refuse_stale, **form.measured
            )
        except ValidationError as error:
            add_errors(form, error)
    status = 422 if form.errors else 200
    if request.htmx:
        # The next save on the same page is based on what this one stored.
        context = {"size_form": form if form.errors else SizeForm(instance=image)}
        return render(request, "diagnosis/reviews/partials/size_state.html", context, status=status)
    if form.errors:
        messages.error(request, _in_words(form))
    return redirect(visit_url(image))


def _get_lesion(request: SignedInRequest, pk: UUID) -> Lesion:
    lesions = visible_lesions(request.user).select_related("patient", "body_site")
    return get_object_or_404(lesions, pk=pk)


def _compare(request: SignedInRequest, cards: list[PhotographCard]) -> Comparison | None:
    """Return the two photographs named in the URL, or else the first and the newest."""
    if len(cards) < 2:
        return None
    by_key = {str(card.image.pk): card for card in cards}
    left = by_key.get(request.GET.get("left", ""), cards[0])
    right = by_key.get(request.GET.get("right", ""), cards[-1])
    diseases = list(Disease.objects.all())
    sides = [
        ComparedPhotograph(card, describe(card.prediction, diseases) if card.prediction else None)
        for card in (left, right)
    ]
    return Comparison(*sides)


def _in_words(form: BaseForm) -> str:
    """Join a form's errors, for a page that does not show the form again."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _move(form: MoveForm, image: LesionImage, request: SignedInRequest) -> bool:
    try:
        move_image(image=image, actor=request.user, lesion=form.cleaned_data["lesion"])
    except ValidationError as error:
        form.add_error("lesion", error)
        return False
    return True


def _update(form: LesionForm, lesion: Lesion, request: SignedInRequest) -> bool:
    fields = ("body_site", "place", "description", "is_archived")
    values = {name: form.cleaned_data[name] for name in fields}
    try:
        update_lesion(lesion=lesion, actor=request.user, refuse_stale=form.refuse_stale, **values)
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True
