"""Secrets in addresses that programs read without signing in; only fingerprints are kept."""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_secret() -> str:
    """A secret that nobody guesses, in letters that an address may hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def fingerprint_of(secret: str) -> str:
    """What is kept of a secret: enough to know it again, not enough to use it."""
    # 256 random bits need neither salt nor a slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
