"""From which address a request comes, as far as the proxies that the site counts can tell."""

import ipaddress
import logging
from functools import cache

from allauth.core.internal.httpkit import clean_client_ip
from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str | None:
    """Return the address the outermost counted proxy saw, or else the peer's address."""
    count: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = [one for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    if len(told) >= count > 0 and (address := _cleaned(told[-count])):
        return address
    if len(told) < count:
        _complain(len(told), count)
    return _cleaned(request.META.get("REMOTE_ADDR") or "")


def _cleaned(address: str) -> str | None:
    cleaned = clean_client_ip(address)
    if cleaned is None:
        return None
    ip = ipaddress.ip_address(cleaned)
    # All of IPv4 lies in one network of IPv6: limits by network would take everybody for one.
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


@cache
def _complain(told: int, count: int) -> None:
    """Log once a process that the setting does not fit the proxies."""
    logger.error("X-Forwarded-For has %d addresses, TRUSTED_PROXY_COUNT is %d.", told, count)
