"""The cache that several web processes share; it may be down."""

import logging
import time
from typing import Any, ClassVar

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)

# Far more than honest people need at once, so that an attacker cannot push the counts out.
OWN_ENTRIES = 100_000
# A sign-in asks two dozen times, and a Redis that hangs makes each of them wait for its timeout.
ASK_AGAIN_AFTER_S = 5.0


class PatientRedisCache(RedisCache):
    """Counts attempts for all processes; while Redis is down each process counts for itself."""

    # By server, for all threads of a process.
    _away_until: ClassVar[dict[str, float]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._where = server
        self._own = LocMemCache("while-redis-is-away", params | {"MAX_ENTRIES": OWN_ENTRIES})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._ask("set", key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("add", key, value, *args, **kwargs))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version))

    def _ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._away_until.get(self._where, 0.0):
            try:
                return getattr(super(), name)(*args, **kwargs)
            except redis.RedisError as error:
                self._away_until[self._where] = time.monotonic() + ASK_AGAIN_AFTER_S
                logger.error("The cache does not answer: %s", type(error).__name__)
        return getattr(self._own, name)(*args, **kwargs)
