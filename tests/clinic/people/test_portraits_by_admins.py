"""An admin sets and removes the photograph of any account."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from clinic.models import AuditEvent
from tests import photographs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def change(client, account, **fields):
    return client.post(reverse("clinic:account_portrait", args=[account.pk]), fields)


def upload(seed=1):
    return SimpleUploadedFile("face.jpg", photographs.jpeg(seed=seed))


@pytest.fixture(params=["doctor", "patient", "admin"])
def account(request):
    person = request.getfixturevalue(request.param)
    return person.user if request.param == "patient" else person


def test_an_admin_sets_replaces_and_removes_the_photograph_of_an_account(
    sign_in, admin, account, django_capture_on_commit_callbacks
):
    client = sign_in(admin)
    names = []
    for fields in ({"photograph": upload(1)}, {"photograph": upload(2)}):
        assert change(client, account, **fields).status_code == 302
        account.refresh_from_db()
        names.append(account.photograph.name)
    assert len(set(names)) == 2
    assert account.photograph.open("rb").read(2) == b"\xff\xd8"

    with django_capture_on_commit_callbacks(execute=True):
        assert change(client, account, removes_photograph="on").status_code == 302
    account.refresh_from_db()
    assert not account.photograph
    changes = AuditEvent.objects.filter(verb="update", target_id=str(account.pk), actor=admin)
    assert [event.detail for event in changes] == [{"changed": ["photograph"]}] * 3


def test_what_is_no_picture_is_refused_with_a_sentence(sign_in, admin, doctor):
    text = SimpleUploadedFile("face.jpg", b"no picture")
    refused = change(sign_in(admin), doctor, photograph=text)
    assert refused.status_code == 422
    assert "cannot be read as a picture" in refused.content.decode()
    assert "Choose a photograph." in change(sign_in(admin), doctor).content.decode()
