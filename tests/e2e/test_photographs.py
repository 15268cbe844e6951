"""Photographs are chosen, dropped or taken with the camera, and previewed before they are sent."""

import pytest
from playwright.sync_api import expect

from diagnosis.models import Lesion, LesionImage
from tests import photographs
from tests.e2e.door import come_in
from tests.heics import heic

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(open_browser, doctor, consultation):
    """Return the doctor's browser on the open visit."""
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    return page


@pytest.fixture
def files(tmp_path):
    """Return photographs of three kinds, and a page that claims to be a photograph."""
    contents = {
        "one.jpg": photographs.jpeg(seed=1),
        "two.png": photographs.png(seed=2),
        "page.jpg": photographs.html_named_jpg(),
        "three.heic": heic(photographs.draw(seed=3)),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def previews(page):
    return page.locator(".drop-preview")


def lesion_of(page, name):
    return page.get_by_label(f"Lesion: {name}")


def test_what_was_chosen_is_shown_first_and_can_be_taken_back(visit, files):
    visit.locator("input[name=photograph]").set_input_files([files["one.jpg"], files["two.png"]])
    expect(previews(visit)).to_have_count(2)
    assert not LesionImage.objects.exists()
    previews(visit).last.get_by_role("button", name="Remove").click()
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)
    expect(previews(visit)).to_have_count(0)


def test_a_photograph_that_the_browser_cannot_show_is_announced_and_sent(visit, files):
    visit.locator("input[name=photograph]").set_input_files(files["three.heic"])
    expect(previews(visit)).to_contain_text("No preview: this browser cannot show")
    expect(previews(visit)).to_contain_text("three.heic")
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)


def test_photographs_can_be_dropped(visit):
    dropped = visit.evaluate_handle(
        """async () => {
            const canvas = new OffscreenCanvas(300, 200);
            canvas.getContext("2d").fillRect(80, 40, 120, 90);
            const blob = await canvas.convertToBlob({type: "image/png"});
            const files = new DataTransfer();
            files.items.add(new File([blob], "dropped.png", {type: "image/png"}));
            return files;
        }"""
    )
    visit.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)
    assert (LesionImage.objects.get().width, LesionImage.objects.get().height) == (300, 200)


def test_the_camera_takes_a_photograph(visit):
    visit.get_by_role("button", name="Camera", exact=True).click()
    expect(visit.get_by_role("dialog", name="Camera")).to_be_visible()
    visit.get_by_role("button", name="Take the photograph").click()
    expect(previews(visit)).to_have_count(1)
    expect(visit.locator(".camera video")).to_have_js_property("srcObject", None)
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)
    expect(visit.get_by_text("has not agreed to the analysis")).to_be_visible()


def test_each_photograph_of_a_drop_is_a_lesion_of_its_own_unless_said_otherwise(visit, files):
    names = ["one.jpg", "two.png", "three.heic"]
    visit.locator("input[name=photograph]").set_input_files([files[name] for name in names])
    chosen = [lesion_of(visit, name) for name in names]
    for select in chosen:
        expect(select.locator("option:checked")).to_have_text("A new lesion")
    chosen[1].select_option(label="The lesion of the photograph before")
    visit.get_by_role("button", name="Send the photographs").click()
    expect(visit.locator("#thumbnails li")).to_have_count(3)
    numbers = LesionImage.objects.order_by("uploaded_at").values_list("lesion__number", flat=True)
    assert list(numbers) == [1, 1, 2]
    expect(visit.locator(".drop-zone").get_by_label("Lesion")).to_have_value("")


def test_the_box_chooses_for_all_and_is_empty_again_after_sending(visit, files, consultation):
    known = Lesion.objects.create(patient=consultation.patient, number=1)
    visit.reload()
    visit.locator("input[name=photograph]").set_input_files([files["one.jpg"], files["two.png"]])
    lesion_of(visit, "two.png").select_option(label="A new lesion")
    visit.locator(".drop-zone").get_by_label("Lesion", exact=True).select_option(str(known.pk))
    expect(lesion_of(visit, "one.jpg")).to_have_value(str(known.pk))
    expect(lesion_of(visit, "two.png")).to_have_value("")
    visit.get_by_role("button", name="Send the photographs").click()
    expect(visit.locator("#thumbnails li")).to_have_count(2)
    assert list(known.images.values_list("consultation", flat=True)) == [consultation.pk]
    expect(visit.locator(".drop-zone").get_by_label("Lesion", exact=True)).to_have_value("")
    visit.locator("input[name=photograph]").set_input_files(files["three.heic"])
    expect(lesion_of(visit, "three.heic")).to_have_value("")


def test_a_marked_place_belongs_to_one_new_lesion_and_not_to_the_next(visit, files):
    visit.locator("[data-figure=back] [data-site=back] path").first.click()
    visit.locator("input[name=photograph]").set_input_files([files["one.jpg"], files["two.png"]])
    expect(previews(visit).first).to_contain_text("at the marked place")
    expect(previews(visit).last.get_by_text("at the marked place")).to_be_hidden()
    visit.get_by_role("button", name="Send the photographs").click()
    expect(visit.locator("#thumbnails li")).to_have_count(2)
    expect(visit.locator(".drop-zone").get_by_label("Body site")).to_have_value("")
    assert list(Lesion.objects.order_by("number").values_list("view", flat=True)) == ["back", ""]


def test_what_waits_for_a_refused_photograph_goes_to_no_other_lesion(visit, files, expected_errors):
    expected_errors.append("422")
    visit.locator("input[name=photograph]").set_input_files([files["page.jpg"], files["one.jpg"]])
    lesion_of(visit, "one.jpg").select_option(label="The lesion of the photograph before")
    visit.get_by_role("button", name="Send the photographs").click()
    expect(previews(visit).last).to_contain_text("The photograph before was not received.")
    assert not LesionImage.objects.exists()
    previews(visit).first.get_by_role("button", name="Remove").click()
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)
    assert Lesion.objects.count() == 1


def test_a_refused_file_says_why_and_holds_up_nothing(visit, files, expected_errors):
    expected_errors.append("422")
    visit.locator("input[name=photograph]").set_input_files([files["page.jpg"], files["one.jpg"]])
    visit.get_by_role("button", name="Send the photographs").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)
    expect(previews(visit)).to_have_count(1)
    expect(previews(visit)).to_contain_text("cannot be read as a picture")
