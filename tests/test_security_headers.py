"""The headers of every response, and requests that are too large to be read."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.test_access_matrix import ROWS, address

# The logo and pictures of the atlas, which a browser may keep for a while.
ABOUT_NOBODY = {
    "clinic:clinic_logo",
    "diagnosis:atlas_image_file",
    "diagnosis:atlas_image_thumbnail",
}
MEGABYTE = 1024**2


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anon", "secr", "doct", "pati"])
def test_every_answer_forbids_what_no_page_needs(role, cast, things, sign_in):
    client = sign_in(cast[role]) if cast[role] else Client()
    client.raise_request_exception = False
    for row in [row for row in ROWS if row.method == "GET"]:
        response = client.get(address(row, things))
        policy = response["Content-Security-Policy"]
        assert "unsafe-" not in policy, row
        assert "default-src 'none'" in policy, row
        assert response["X-Content-Type-Options"] == "nosniff", row
        assert response["X-Frame-Options"] == "DENY", row
        assert response["Referrer-Policy"] == "same-origin", row
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", row
        assert response["Cross-Origin-Resource-Policy"] == "same-origin", row
        assert "microphone=()" in response["Permissions-Policy"], row
        assert row.url in ABOUT_NOBODY or "no-store" in response["Cache-Control"], row


@pytest.mark.django_db
def test_signing_out_takes_along_what_the_browser_kept(sign_in, doctor):
    client = sign_in(doctor)

    assert "Clear-Site-Data" not in client.get(reverse("home"))
    response = client.post(reverse("account_logout"))

    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("home"))["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_a_request_of_a_hundred_megabytes_is_refused_before_it_is_read(
    sign_in, doctor, consultation
):
    class NobodyReadsMe:
        def read(self, *_size):
            raise AssertionError("The body was read.")

        readline = read

    response = sign_in(doctor).generic(
        "POST",
        reverse("diagnosis:image_upload", args=[consultation.pk]),
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(100 * MEGABYTE), "wsgi.input": NobodyReadsMe()},
    )

    assert response.status_code == 413
    assert "too large" in response.content.decode()
