"""The address that a request comes from, as far as the trusted proxies can tell."""

import ipaddress
import logging
import re
from functools import cache

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

logger = logging.getLogger(__name__)

WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]+)\]:\d+|([0-9.]+):\d+")
# An IPv6 line has a whole network of addresses, which count as one caller.
CALLER_BITS = 64


def client_address(request: HttpRequest) -> str | None:
    """Return the address that the outermost trusted proxy saw, or else the peer's address."""
    count: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = [one for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    if len(told) >= count > 0 and (address := _cleaned(told[-count])):
        return address
    if len(told) < count:
        _complain(len(told), count)
    return _cleaned(request.META.get("REMOTE_ADDR") or "")


def caller(request: HttpRequest) -> str:
    """Return what address limits count: an IPv4 address, or the network of an IPv6 address."""
    address = client_address(request)
    if address is None:
        raise PermissionDenied
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, CALLER_BITS), strict=False).network_address)


def _cleaned(address: str) -> str | None:
    address = address.strip()
    if match := WITH_PORT.fullmatch(address):
        address = match[1] or match[2]
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    # All of IPv4 is one network in IPv6: limits by network would count everybody as one client.
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


@cache
def _complain(told: int, count: int) -> None:
    """Log once per process that the setting does not match the proxies."""
    logger.error("X-Forwarded-For has %d addresses, TRUSTED_PROXY_COUNT is %d.", told, count)
