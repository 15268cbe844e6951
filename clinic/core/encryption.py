"""Encryption at rest: AES-256-GCM under keys that come from the environment.

A text is encrypted directly with one of our keys. A file is encrypted with its own key, which is
kept in the header under one of ours (an envelope), so changing our key only changes the header.

Both are bound to the row that they belong to. Before, a text was bound to its column alone
and a file to its name; the mark of the version, which is part of what is authenticated,
tells the two formats apart, so neither can pass for the other.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES

TEXT_PREFIX = "enc1:"
# After the key's name, where the text is bound to its row; base64 has no colon.
BOUND_TEXT = "2:"
FILE_MAGIC = b"SKHENC1\n"
# In the byte with the length of the key's name: that the file is of the second version, which names
# a row, and that there is a row at all.
BOUND_FILE, HAS_ROW = 0x80, 0x40
LENGTH = 0x3F
# Lower case only: LIKE, which finds the texts of a key, ignores case on SQLite.
KEY_ID = re.compile(r"[a-z0-9-]{1,20}")


class UnreadableError(Exception):
    """Stored data was changed from outside, or its key is missing."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")


@dataclass(frozen=True)
class DataKey:
    """One key of the environment, as the two keys derived from it."""

    id: str
    texts: AESGCM
    files: AESGCM

    @classmethod
    def of(cls, key_id: str, secret: bytes) -> "DataKey":
        """Derive the two keys from the secret, so that neither is used for both purposes."""
        return cls(
            id=key_id,
            texts=AESGCM(_derived(secret, b"skinhealth texts")),
            files=AESGCM(_derived(secret, b"skinhealth files")),
        )


@dataclass(frozen=True)
class Keyring:
    """The keys by name: the first one encrypts, every one decrypts."""

    first: DataKey
    by_id: Mapping[str, DataKey]

    def key(self, key_id: str, *, place: str) -> DataKey:
        """Find the key that something was sealed with."""
        try:
            return self.by_id[key_id]
        except KeyError:
            raise UnreadableError(place, f"DATA_KEYS has no key “{key_id}”") from None


def keyring() -> Keyring:
    """Return the keys that the settings name."""
    return parse_data_keys(settings.DATA_KEYS)


@lru_cache(maxsize=8)
def parse_data_keys(text: str) -> Keyring:
    """Read comma-separated `id:base64` pairs."""
    keys: dict[str, DataKey] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key_id, _colon, encoded = pair.partition(":")
        if not KEY_ID.fullmatch(key_id):
            raise ImproperlyConfigured(
                "DATA_KEYS: a key's name is 1 to 20 lower-case letters, digits and hyphens."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"DATA_KEYS: the key “{key_id}” appears twice.")
        keys[key_id] = DataKey.of(key_id, _secret(key_id, encoded))
    if not keys:
        raise ImproperlyConfigured("DATA_KEYS contains no key.")
    return Keyring(first=next(iter(keys.values())), by_id=keys)


def new_data_key(key_id: str) -> str:
    """Return a new key in the format of DATA_KEYS."""
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def seal_text(text: str, *, context: str, row: str = "") -> str:
    """Encrypt a text for one column and row; it cannot be opened elsewhere."""
    key = keyring().first
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.texts.encrypt(nonce, text.encode(), _text_context(key.id, context, row))
    return f"{TEXT_PREFIX}{key.id}:{BOUND_TEXT}{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_text(sealed: str, *, context: str, row: str = "", takes_old: bool = False) -> str:
    """Decrypt a text; refuse one that was changed, moved from elsewhere or never sealed."""
    prefix, _colon, rest = sealed.partition(":")
    key_id, _colon, encoded = rest.partition(":")
    if f"{prefix}:" != TEXT_PREFIX:
        raise UnreadableError(context, "not encrypted")
    key = keyring().key(key_id, place=context)
    authenticated = _text_context(key_id, context, row)
    if not encoded.startswith(BOUND_TEXT):
        if not takes_old:
            raise UnreadableError(context, "not bound to its row")
        authenticated = _old_text_context(key_id, context)
    try:
        data = base64.b64decode(encoded.removeprefix(BOUND_TEXT), altchars=b"-_", validate=True)
        plain = key.texts.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], authenticated)
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(context, "changed or damaged") from error
    return plain.decode()


def is_old_text(sealed: str) -> bool:
    """Return whether a text is encrypted, but not bound to its row."""
    return sealed.startswith(TEXT_PREFIX) and f":{BOUND_TEXT}" not in sealed


def first_text_prefix() -> str:
    """Return the prefix of every text encrypted with the first key."""
    return f"{TEXT_PREFIX}{keyring().first.id}:{BOUND_TEXT}"


def row_key(key: object) -> str:
    """Return a primary key as texts and files are bound to it, alike on every database."""
    return str(key).replace("-", "")


def seal_file(content: bytes, *, name: str, row: str = "") -> bytes:
    """Encrypt a file with its own key; under another name, or for another row, it cannot be opened.

    The row is the table, the column and the primary key.
    """
    file_key = AESGCM.generate_key(KEY_BYTES * 8)
    nonce = os.urandom(NONCE_BYTES)
    body = AESGCM(file_key).encrypt(nonce, content, _body_context(name))
    return _header(file_key, name, row) + nonce + body


def open_file(stored: bytes, *, name: str, row: str = "", takes_old: bool = False) -> bytes:
    """Decrypt a file; refuse one that was changed, swapped with another or never sealed."""
    file_key, start = _file_key(stored, name, row, takes_old=takes_old)
    body = start + NONCE_BYTES
    try:
        return AESGCM(file_key).decrypt(stored[start:body], stored[body:], _body_context(name))
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(name, "changed or damaged") from error


def rewrap_file(stored: bytes, *, name: str, row: str = "") -> bytes:
    """Return the same file bound to its row, with its key under our first key."""
    file_key, start = _file_key(stored, name, row, takes_old=True)
    return _header(file_key, name, row) + stored[start:]


def key_id_of_file(head: bytes) -> str | None:
    """Return the key name in a file's first bytes, None where the file is not encrypted."""
    if not head.startswith(FILE_MAGIC) or len(head) <= len(FILE_MAGIC):
        return None
    start = len(FILE_MAGIC) + 1
    length = head[start - 1] & LENGTH
    return head[start : start + length].decode("ascii", errors="replace")


def is_old_file(head: bytes) -> bool:
    """Return whether a file is encrypted, but not bound to its row."""
    return key_id_of_file(head) is not None and not head[len(FILE_MAGIC)] & BOUND_FILE


def has_row(head: bytes) -> bool:
    """Return whether a file is bound to a row, and not to its name alone."""
    return not is_old_file(head) and bool(head[len(FILE_MAGIC)] & HAS_ROW)


def file_overhead(head: bytes) -> int:
    """Return how many bytes encryption adds to a file."""
    key_id = key_id_of_file(head)
    if key_id is None:
        return 0
    return len(FILE_MAGIC) + 1 + len(key_id) + WRAPPED_BYTES + NONCE_BYTES + TAG_BYTES


# The longest header: enough to read the key's name.
HEAD_BYTES = len(FILE_MAGIC) + 1 + 255


def _header(file_key: bytes, name: str, row: str) -> bytes:
    key = keyring().first
    nonce = os.urandom(NONCE_BYTES)
    wrapped = key.files.encrypt(nonce, file_key, _wrap_context(key.id, name, row))
    key_id = key.id.encode()
    first = BOUND_FILE | (HAS_ROW if row else 0) | len(key_id)
    return FILE_MAGIC + bytes([first]) + key_id + nonce + wrapped


def _file_key(stored: bytes, name: str, row: str, *, takes_old: bool) -> tuple[bytes, int]:
    """Return the file's own key and the position where its body begins."""
    key_id = key_id_of_file(stored[:HEAD_BYTES])
    if key_id is None:
        raise UnreadableError(name, "not encrypted")
    key = keyring().key(key_id, place=name)
    start = len(FILE_MAGIC) + 1 + len(key_id)
    wrapped = stored[start : start + WRAPPED_BYTES]
    authenticated = _wrap_context(key_id, name, row)
    if is_old_file(stored[:HEAD_BYTES]):
        if not takes_old:
            raise UnreadableError(name, "not bound to its row")
        authenticated = _old_wrap_context(key_id, name)
    try:
        file_key = key.files.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], authenticated)
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(name, "changed, damaged or another file") from error
    return file_key, start + WRAPPED_BYTES


def _text_context(key_id: str, context: str, row: str) -> bytes:
    return f"{TEXT_PREFIX}{key_id}:{BOUND_TEXT}{context}/{row}".encode()


def _old_text_context(key_id: str, context: str) -> bytes:
    return f"{TEXT_PREFIX}{key_id}:{context}".encode()


def _wrap_context(key_id: str, name: str, row: str) -> bytes:
    # No name of a key begins like this, so an old header never authenticates the same.
    return FILE_MAGIC + bytes([BOUND_FILE]) + f"{key_id}\0{name}\0{row}".encode()


def _old_wrap_context(key_id: str, name: str) -> bytes:
    return FILE_MAGIC + key_id.encode() + b"\0" + name.encode()


def _body_context(name: str) -> bytes:
    # The key's name is left out, so that rotating our key leaves the body valid.
    return FILE_MAGIC + name.encode()


def _secret(key_id: str, encoded: str) -> bytes:
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured(f"DATA_KEYS: the key “{key_id}” is not 32 bytes in base64.")
    return secret


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)
