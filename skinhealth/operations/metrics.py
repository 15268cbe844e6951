"""Metrics for Prometheus; many come from the database, so that workers need no port."""

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client import Histogram as PrometheusHistogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.multiprocess import MultiProcessCollector

from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review
from skinhealth.operations.logs.requests import KNOWN_METHODS, route_of

REQUEST_SECONDS = PrometheusHistogram(
    "skinhealth_request_seconds",
    "Time that requests took, by the name of their view.",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
INFERENCE_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # seconds
QUEUES = ("inference", "default", "training")


class MetricsMiddleware:
    """Measures the time of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in KNOWN_METHODS else "other"
        REQUEST_SECONDS.labels(route_of(request), method, response.status_code).observe(
            time.perf_counter() - began
        )
        return response


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve the metrics to holders of the token or, without one, to this machine only."""
    if not _may_read(request):
        return HttpResponse("Forbidden.\n", status=403, content_type="text/plain")
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    own = CollectorRegistry()
    own.register(SiteCollector())
    return HttpResponse(
        generate_latest(registry) + generate_latest(own), content_type=CONTENT_TYPE_LATEST
    )


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        told = request.headers.get("Authorization", "")
        return hmac.compare_digest(told.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy on this machine passes on requests from anywhere.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class SiteCollector:
    """Queries the database and the broker when somebody reads the metrics."""

    def collect(self) -> Iterator[Metric]:
        """Collect what is available; a server that is down only costs its own numbers."""
        yield from _asked("database", _from_the_database, DatabaseError)
        yield from _asked("broker", _from_the_broker, redis.RedisError, OSError)


def _asked(
    server: str, ask: Callable[[], list[Metric]], *errors: type[Exception]
) -> Iterator[Metric]:
    up = GaugeMetricFamily(f"skinhealth_{server}_up", f"Whether the {server} answers.")
    try:
        found = ask()
    except errors:
        found = []
        up.add_metric([], 0)
    else:
        up.add_metric([], 1)
    yield up
    yield from found


def _from_the_database() -> list[Metric]:
    return [_predictions(), _waiting(), _inference_seconds(), _reviews()]


def _predictions() -> Metric:
    family = CounterMetricFamily(
        "skinhealth_predictions",
        "Answers of the model, by version and class; failures have no class.",
        labels=["model_version", "label", "status"],
    )
    ended = Prediction.objects.filter(status__in=["done", "failed"]).order_by()
    for row in ended.values("model_version", "label", "status").annotate(number=Count("pk")):
        family.add_metric([row["model_version"], row["label"], row["status"]], row["number"])
    return family


def _waiting() -> Metric:
    family = GaugeMetricFamily(
        "skinhealth_predictions_waiting", "Photographs without an answer yet.", labels=["status"]
    )
    numbers = dict.fromkeys(("queued", "running"), 0)
    rows = Prediction.objects.filter(status__in=numbers).order_by()
    numbers |= {
        row["status"]: row["number"] for row in rows.values("status").annotate(number=Count("pk"))
    }
    for status, number in numbers.items():
        family.add_metric([status], number)
    return family


def _inference_seconds() -> Metric:
    family = HistogramMetricFamily(
        "skinhealth_inference_seconds",
        "Time that the networks took for one photograph.",
        labels=["model_version"],
    )
    buckets = {
        f"up_to_{number}": Count("pk", filter=Q(milliseconds__lte=1000 * bound))
        for number, bound in enumerate(INFERENCE_BUCKETS)
    }
    timed = Prediction.objects.filter(status="done", milliseconds__isnull=False).order_by()
    by_version: Any = timed.values("model_version").annotate(
        number=Count("pk"), total=Sum("milliseconds"), **buckets
    )
    for row in by_version:
        counts = [
            (str(float(bound)), row[f"up_to_{number}"])
            for number, bound in enumerate(INFERENCE_BUCKETS)
        ]
        family.add_metric(
            [row["model_version"]], [*counts, ("+Inf", row["number"])], row["total"] / 1000
        )
    return family


def _reviews() -> Metric:
    family = GaugeMetricFamily(
        "skinhealth_reviews",
        "Answers by newest review; the share of confirmed ones is the agreement.",
        labels=["model_version", "decision"],
    )
    newer = Review.objects.filter(prediction=OuterRef("prediction")).filter(
        Q(reviewed_at__gt=OuterRef("reviewed_at"))
        | Q(reviewed_at=OuterRef("reviewed_at"), pk__gt=OuterRef("pk"))
    )
    newest = (
        Review.objects.filter(~Exists(newer), prediction__status="done")
        .order_by()
        .values(version=F("prediction__model_version"), said=F("decision"))
        .annotate(number=Count("pk"))
    )
    for row in newest:
        family.add_metric([row["version"], row["said"]], row["number"])
    return family


def _from_the_broker() -> list[Metric]:
    family = GaugeMetricFamily(
        "skinhealth_queue_messages", "Messages waiting for a worker.", labels=["queue"]
    )
    for queue, number in _queue_lengths().items():
        family.add_metric([queue], number)
    return [family]


def _queue_lengths() -> dict[str, int]:
    if not settings.CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
        folder = settings.QUEUE_DIR / "messages"
        return {queue: sum(1 for _name in folder.glob(f"*.{queue}.msg")) for queue in QUEUES}
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", "")
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_connect_timeout=2, socket_timeout=2
    )
    with client, client.pipeline() as pipeline:
        for queue in QUEUES:
            pipeline.llen(f"{prefix}{queue}")
        return dict(zip(QUEUES, pipeline.execute(), strict=True))
