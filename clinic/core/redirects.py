from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def parts_of(address: str) -> SplitResult:
    """Return the parts of an address that a browser sent, all empty if it cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def next_or(request: HttpRequest, fallback: str) -> str:
    """Return the page of this site that the request names as next, or else the fallback."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A word alone is no page, although a browser would look for one of that name.
    return wanted if is_ours and wanted.startswith("/") else fallback
