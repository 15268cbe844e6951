"""The addresses that programs look for at every site (RFC 8615)."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.core.models.clinic_settings import ClinicSettings

# RFC 9116 advises less than a year, so that nobody writes to an address from an old copy.
VALID_FOR = timedelta(days=180)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Tell people who found a weakness whom to contact (RFC 9116)."""
    clinic = ClinicSettings.objects.current()
    contacts = settings.SECURITY_CONTACTS or ([clinic.phone.as_rfc3966] if clinic.phone else [])
    if not contacts:
        raise Http404("Neither SECURITY_CONTACT nor a phone is set.")
    expires = (timezone.now() + VALID_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = [f"Contact: {contact}" for contact in contacts]
    languages = ", ".join(code for code, _name in clinic.offered_languages)
    lines += [f"Expires: {expires}", f"Preferred-Languages: {languages}"]
    if settings.SITE_URL:
        lines.append(f"Canonical: {settings.SITE_URL}{reverse('security_txt')}")
    text = "".join(f"{line}\n" for line in lines)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@login_not_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Lead password managers to the page that changes the password."""
    return redirect("account_change_password")
