"""The links to the parts of a visit lead to existing parts."""

import re


def parts_linked(page):
    return re.findall(r'href="#([\w-]+)"', page.split('class="visit-jump"')[1].split("</nav>")[0])


def test_every_link_to_a_part_finds_it(sign_in, doctor, consultation, prediction):
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    parts = parts_linked(page)
    assert "answer-panel" in parts
    for part in parts:
        assert f'id="{part}"' in page


def test_an_empty_visit_links_to_no_answer(sign_in, doctor, consultation):
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    assert "visit-notes" in parts_linked(page)
    assert "answer-panel" not in parts_linked(page)
