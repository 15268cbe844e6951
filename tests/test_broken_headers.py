"""What a client writes into a header or an address to go on to never breaks a page."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

BROKEN = ["http://[", "http://[::1", "//[", "http://]/", "http://a]b/", "http://[v1.x]:9999999/"]


@pytest.mark.parametrize("address", BROKEN)
@pytest.mark.parametrize("name", ["account_login", "mfa_authenticate", "account_reset_password"])
def test_a_next_page_that_cannot_be_read_is_no_page(name, address):
    for method in ("get", "post"):
        response = getattr(Client(), method)(reverse(name), {"next": address})
        assert response.status_code < 500
        assert "[" not in response.headers.get("Location", "")


@pytest.mark.parametrize("address", BROKEN)
@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL", "Origin", "X-Forwarded-Host"])
def test_a_page_that_cannot_be_read_is_not_gone_back_to(header, address, doctor, sign_in):
    for client in (Client(), sign_in(doctor)):
        for more in ({}, {"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}):
            response = client.get(reverse("clinic:doctor_day"), headers={header: address} | more)
            assert response.status_code < 500
            assert "[" not in response.headers.get("Location", "")


@pytest.mark.parametrize("length", ["²", "-1", "9" * 5000, "1e3"])
def test_a_length_that_is_no_number_of_bytes_is_refused(length):
    response = Client().post(reverse("account_login"), {}, CONTENT_LENGTH=length)
    assert response.status_code == 413
