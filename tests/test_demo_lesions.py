"""Lesions of the demo that are photographed again are the same lesion, grown or not."""

import io
from collections import defaultdict

import numpy as np
from PIL import Image

from clinic.models import Appointment
from skinhealth.demo.drawing import draw_lesion
from skinhealth.demo.stories import MELANOMA, NEVUS, PAST_VISITS, first_seen
from skinhealth.demo.today import PROGRAMME

SEEN = {Appointment.Status.COMPLETED, Appointment.Status.IN_CONSULTATION}
SIZE = (200, 150)


def dark_part(picture):
    grey = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
    middle = grey[25:125, 40:160]
    return middle < 0.75 * np.median(grey[60:90, 45:60])


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_a_lesion_of_the_demo_is_of_the_same_kind_in_each_of_its_photographs():
    kinds = defaultdict(set)
    for visit in PAST_VISITS:
        kinds[visit.patient, visit.body_site].add(visit.story.drawn_as)
    for visit in (visit for doctor in PROGRAMME for visit in doctor if visit.status in SEEN):
        kinds[visit.patient, visit.body_site].add(visit.story.drawn_as)
    assert {place: kind for place, kind in kinds.items() if len(kind) > 1} == {}


def test_a_lesion_that_is_seen_again_is_drawn_with_the_seed_of_its_first_photograph():
    first, second = [
        number
        for number, visit in enumerate(PAST_VISITS)
        if (visit.patient, visit.body_site) == (2, "left-arm")
    ]
    assert first_seen(2, "left-arm", otherwise=second) == first
    assert first_seen(99, "left-arm", otherwise=7) == 7


def test_a_second_photograph_shows_the_same_lesion_in_another_light():
    first = draw_lesion("nv", seed=5, size=SIZE)
    again = draw_lesion("nv", seed=5, size=SIZE, again=1)
    other = draw_lesion("nv", seed=6, size=SIZE)
    assert first != again
    # Hairs and light are others.
    assert overlap(dark_part(first), dark_part(again)) > 0.6
    assert overlap(dark_part(first), dark_part(again)) > overlap(dark_part(first), dark_part(other))


def test_a_lesion_grows_where_its_story_says_so():
    assert (NEVUS.growth, MELANOMA.growth > 1) == (1.0, True)
    first = dark_part(draw_lesion("mel", seed=5, size=SIZE))
    grown = dark_part(draw_lesion("mel", seed=5, size=SIZE, again=1, growth=MELANOMA.growth))
    assert grown.sum() > 1.15 * first.sum()
