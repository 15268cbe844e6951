"""The metrics for Prometheus: correct, protected, and about nobody."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from diagnosis.models import Disease, Prediction, Review
from skinhealth.celery import app
from tests.worker import empty_queues

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


def numbers(name):
    """Return the samples of one metric: its labels in alphabetical order, and the value."""
    text = Client().get("/metrics").content.decode()
    return {
        tuple(value for _name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_predictions_are_counted_by_version_class_and_end(things):
    Prediction.objects.filter(pk=things["signed_prediction"].pk).update(label="nv")
    assert numbers("skinhealth_predictions_total") == {
        ("mel", "1", "done"): 1,
        ("nv", "1", "done"): 1,
    }
    Prediction.objects.filter(pk=things["prediction"].pk).update(
        status="failed", label="", failure="timed_out"
    )
    assert numbers("skinhealth_predictions_total")["", "1", "failed"] == 1


def test_photographs_that_wait_are_counted(things):
    Prediction.objects.filter(pk=things["prediction"].pk).update(status="queued", label="")
    assert numbers("skinhealth_predictions_waiting") == {("queued",): 1, ("running",): 0}


def test_the_time_of_the_networks_is_a_histogram(things):
    Prediction.objects.filter(pk=things["prediction"].pk).update(milliseconds=300)
    assert numbers("skinhealth_inference_seconds_count") == {("1",): 2}
    assert numbers("skinhealth_inference_seconds_sum") == {("1",): pytest.approx(0.35)}
    buckets = numbers("skinhealth_inference_seconds_bucket")
    assert buckets["0.05", "1"] == 1
    assert buckets["0.2", "1"] == 1
    assert buckets["0.5", "1"] == buckets["+Inf", "1"] == 2


def test_agreement_is_what_the_newest_reviews_say(things, doctor):
    assert numbers("skinhealth_reviews") == {("confirmed", "1"): 1}
    Review.objects.create(
        prediction=things["signed_prediction"],
        decision="corrected",
        disease=Disease.objects.get(code="nv"),
        reason="Seen again.",
        reviewer=doctor,
    )
    assert numbers("skinhealth_reviews") == {("corrected", "1"): 1}


def test_messages_in_the_queues_are_counted():
    empty_queues()
    for _message in range(3):
        app.send_task("nobody.takes.this", queue="training")
    try:
        assert numbers("skinhealth_queue_messages") == {
            ("inference",): 0,
            ("default",): 0,
            ("training",): 3,
        }
    finally:
        empty_queues()


def test_requests_are_timed_by_the_name_of_their_page(things, sign_in, doctor):
    key = ("GET", "diagnosis:visit", "200")
    before = numbers("skinhealth_request_seconds_count").get(key, 0)
    sign_in(doctor).get(reverse("diagnosis:visit", args=[things["visit"].pk]))
    assert numbers("skinhealth_request_seconds_count")[key] == before + 1


def test_a_dead_broker_takes_its_own_numbers_with_it_alone(settings, things):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert numbers("skinhealth_broker_up") == {(): 0}
    assert numbers("skinhealth_queue_messages") == {}
    assert numbers("skinhealth_predictions_total")


def test_labels_name_no_patient_and_no_address(things, sign_in, doctor, patient):
    client = sign_in(doctor)
    for thing, url in [("visit", "diagnosis:visit"), ("patient", "clinic:patient_detail")]:
        client.get(reverse(url, args=[things[thing].pk]), {"q": patient.full_name})
    client.get("/of/Zyxwort/")
    client.generic("ZYXWORT", "/")
    text = client.get("/metrics").content.decode()
    assert 'route="clinic:patient_detail"' in text
    labels = "\n".join(re.findall(r"\{(.*)\}", text))
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|/", labels)
    for secret in [*things["secrets"], patient.email, "Zyxwort", "ZYXWORT"]:
        assert secret == "Melanoma" or secret not in text


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.0.0.7"}, 403),
        ({"REMOTE_ADDR": ""}, 403),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403),
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, 403),
    ],
)
def test_without_a_token_this_machine_alone_reads_the_numbers(request_of, status):
    assert Client().get("/metrics", **request_of).status_code == status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("Bearer a-token-of-twenty-letters", 200),
        ("Bearer a-token-of-twenty-letterz", 403),
        ("Bearer ", 403),
        ("", 403),
        ("Bearer é", 403),
    ],
)
def test_with_a_token_who_has_it_reads_the_numbers(told, status, settings):
    settings.METRICS_TOKEN = "a-token-of-twenty-letters"
    far_away = {"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "10.0.0.8"}
    response = Client().get("/metrics", HTTP_AUTHORIZATION=told, **far_away)
    assert response.status_code == status
    if status == 403:
        assert b"skinhealth" not in response.content
