"""The first account of a clinic is created on the command line."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from clinic.models import AuditEvent, User
from tests.factories import PASSWORD
from tests.mailbox import choose_password


@pytest.mark.django_db
def test_the_first_admin_sets_a_password_by_the_printed_link(client, capsys):
    call_command("create_admin", "First@Example.org", "Fay First", site="http://testserver")

    link = capsys.readouterr().out.strip()
    choose_password(client, link, PASSWORD)

    admin = User.objects.get(email="first@example.org")
    assert admin.role == User.Role.ADMIN
    assert admin.check_password(PASSWORD)
    # An admin's password alone opens nothing: sign-in continues with the second factor.
    assert client.get("/accounts/").url == reverse("mfa_activate_totp")
    assert AuditEvent.objects.filter(actor=None, verb="create", target_id=admin.pk).exists()


@pytest.mark.django_db
def test_an_address_that_is_taken_is_refused_in_words(admin):
    with pytest.raises(CommandError, match="already exists"):
        call_command("create_admin", admin.email.upper(), "Somebody Else")

    assert User.objects.count() == 1
