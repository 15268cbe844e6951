import numpy as np
import pytest

from ml.bundle.results import Interval
from ml.evaluation.metrics import measure
from ml.evaluation.page import decimal, interval, main_values, percent


def test_always_nevus_beside_the_main_values_is_what_measuring_that_answer_gives():
    labels = np.array([5, 5, 5, 4, 0, 2])
    nevus = np.tile(np.eye(7)[5], (len(labels), 1))
    measured = measure(labels, nevus)
    beside = {one.name: one.always_nevus for one in main_values(measured)}
    assert beside["Balanced accuracy"] == percent(measured.balanced_accuracy) == percent(1 / 4)
    assert beside["Accuracy"] == percent(measured.accuracy)
    assert beside["Macro F1"] == percent(measured.macro_f1)
    assert beside["Area under the curve"] == decimal(measured.auc) == "0.500"


def test_without_nevi_always_nevus_reaches_nothing():
    labels = np.array([4, 4, 0])
    beside = {one.name: one.always_nevus for one in main_values(measure(labels, np.eye(7)[labels]))}
    assert beside["Balanced accuracy"] == beside["Macro F1"] == percent(0)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.8667), "86.7\N{NO-BREAK SPACE}%"),
        (percent(None), "unknown"),
        (decimal(0.98765), "0.988"),
        (decimal(None), "unknown"),
        (interval(Interval(0.5, 0.75)), "50.0 to 75.0\N{NO-BREAK SPACE}%"),
        (interval(None), ""),
    ],
)
def test_values_are_written_for_people(written, expected):
    assert written == expected
