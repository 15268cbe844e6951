"""The cache that several web processes share, which may be away."""

import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


class PatientRedisCache(RedisCache):
    """Counts attempts for all processes; while Redis is down nothing is counted, nothing fails."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default, lambda: super(PatientRedisCache, self).get(key, default, version))

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        _or(None, lambda: super(PatientRedisCache, self).set(key, value, *args, **kwargs))

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(
            _or(True, lambda: super(PatientRedisCache, self).add(key, value, *args, **kwargs))
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(_or(False, lambda: super(PatientRedisCache, self).delete(key, version)))


def _or(fallback: Any, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except redis.RedisError as error:
        logger.error("The cache does not answer: %s", type(error).__name__)
        return fallback
