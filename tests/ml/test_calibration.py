import json
from dataclasses import asdict

import numpy as np
import pytest

from ml.bundle.results import Interval, OperatingPoint, operating_point_from_json
from ml.bundle.temperature import calibrate
from ml.evaluation.calibration import (
    TARGETS,
    describe_uncertainty,
    find_threshold,
    fit_operating_points,
    fit_temperature,
    measure_operating_points,
)

AKIEC, MEL, NV = 0, 4, 5


def share_out(malignant_shares):
    """Return rows with this share for melanoma and the rest for nevus."""
    rows = np.zeros((len(malignant_shares), 7))
    rows[:, MEL] = malignant_shares
    rows[:, NV] = 1 - np.asarray(malignant_shares)
    return rows


def draw_shares(n=400, seed=0):
    """Draw shares that separate three melanomas in ten from nevi, with some overlap."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.3, MEL, NV)
    shares = 1 / (1 + np.exp(-rng.normal(np.where(labels == MEL, 1.5, -1.5), 1.2)))
    return labels, share_out(shares)


def test_a_temperature_softens_without_changing_the_order():
    probabilities = np.array([[0.7, 0.2, 0.1]])
    assert calibrate(probabilities, 1.0) == pytest.approx(probabilities)
    softer = calibrate(probabilities, 2.0)
    assert softer.sum() == pytest.approx(1)
    assert 0.7 > softer[0, 0] > softer[0, 1] > softer[0, 2] > 0.1
    assert softer[0, 0] / softer[0, 1] == pytest.approx((0.7 / 0.2) ** 0.5)


def test_a_temperature_of_certain_answers_keeps_zeros_harmless():
    calibrated = calibrate(np.array([[1.0, 0.0, 0.0]]), 2.0)
    assert calibrated.sum() == pytest.approx(1)
    assert calibrated[0, 0] == pytest.approx(1, abs=1e-5)


def test_the_temperature_undoes_too_much_confidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 7))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(7, p=row) for row in true])
    sharp = np.exp(2 * logits) / np.exp(2 * logits).sum(axis=1, keepdims=True)
    assert fit_temperature(labels, true) == pytest.approx(1, abs=0.1)
    assert fit_temperature(labels, sharp) == pytest.approx(2, abs=0.2)


def test_the_temperature_stays_between_its_bounds():
    labels = np.array([MEL, NV, MEL, NV])
    assert fit_temperature(labels, share_out([0.6, 0.4, 0.6, 0.4])) == pytest.approx(0.25, abs=0.01)
    assert fit_temperature(labels, share_out([0.1, 0.9, 0.1, 0.9])) == pytest.approx(4, abs=0.01)


@pytest.mark.parametrize(
    ("target", "threshold"),
    [(0.25, 0.9), (0.26, 0.7), (0.5, 0.7), (0.75, 0.4), (0.9, 0.2), (1.0, 0.2)],
)
def test_the_threshold_is_the_highest_that_finds_enough(target, threshold):
    share = np.array([0.9, 0.95, 0.7, 0.4, 0.3, 0.2])
    positive = np.array([True, False, True, True, False, True])
    assert find_threshold(positive, share, target) == threshold


def test_equal_shares_are_found_together():
    positive = np.array([True, True, True, False])
    share = np.array([0.6, 0.6, 0.6, 0.6])
    assert find_threshold(positive, share, 0.1) == 0.6


def test_rounding_errors_do_not_move_a_target_that_is_met_exactly():
    share = np.linspace(1, 0.1, 10)
    positive = np.ones(10, dtype=bool)
    assert find_threshold(positive, share, 0.7) == pytest.approx(0.4)
    assert find_threshold(positive, share, 0.1 + 0.2) == pytest.approx(0.8)


def test_a_photograph_that_is_in_several_times_counts_as_often():
    share = np.array([0.9, 0.7, 0.4])
    positive = np.ones(3, dtype=bool)
    assert find_threshold(positive, share, 0.5) == 0.7
    assert find_threshold(positive, share, 0.5, np.array([3, 1, 1])) == 0.9
    assert find_threshold(positive, share, 0.5, np.array([1, 1, 3])) == 0.4
    assert find_threshold(positive, share, 0.5, np.array([0, 1, 0])) == 0.7


def test_operating_points_reach_about_their_targets_where_the_kinds_can_be_told():
    labels, probabilities = draw_shares()
    points = fit_operating_points(labels, probabilities)
    assert points.keys() == TARGETS.keys()
    for name, target in TARGETS.items():
        point = points[name]
        assert point.target == target
        assert point.sensitivity == pytest.approx(target, abs=0.04)
        assert point.sensitivity_interval.low < point.sensitivity < point.sensitivity_interval.high
        assert point.specificity_interval.low < point.specificity < point.specificity_interval.high
    low, high = points["sensitivity_95"], points["sensitivity_90"]
    assert low.threshold < high.threshold
    assert low.specificity < high.specificity


def test_a_fitted_threshold_finds_enough_of_the_photographs_it_was_fitted_on():
    labels, probabilities = draw_shares(seed=2)
    for name, point in fit_operating_points(labels, probabilities).items():
        found = probabilities[labels == MEL, MEL] >= point.threshold
        assert found.mean() >= TARGETS[name]
        assert found.mean() < TARGETS[name] + 0.02


def test_fitting_twice_gives_the_same_operating_points():
    labels, probabilities = draw_shares()
    lesions = [str(index // 2) for index in range(len(labels))]
    first = fit_operating_points(labels, probabilities, lesions)
    assert fit_operating_points(labels, probabilities, lesions) == first


@pytest.mark.parametrize("label", [MEL, AKIEC, NV])
def test_without_malignant_or_benign_photographs_there_are_no_operating_points(label):
    assert fit_operating_points(np.full(4, label), share_out([0.1, 0.2, 0.3, 0.4])) == {}


def test_a_single_malignant_lesion_gives_no_operating_point():
    labels = np.array([MEL, NV, NV, NV])
    assert fit_operating_points(labels, share_out([0.9, 0.1, 0.2, 0.1])) == {}


def test_an_operating_point_survives_the_way_through_json():
    labels, probabilities = draw_shares()
    for point in fit_operating_points(labels, probabilities).values():
        assert operating_point_from_json(json.loads(json.dumps(asdict(point)))) == point


def point_at(threshold):
    anything = Interval(0.0, 1.0)
    return OperatingPoint(0.9, threshold, 0.9, anything, 0.9, anything)


def test_a_threshold_is_measured_on_other_photographs_by_hand():
    labels = np.array([MEL, MEL, AKIEC, MEL, NV, NV, NV])
    probabilities = share_out([0.9, 0.5, 0.4, 0.1, 0.6, 0.2, 0.1])
    measured = measure_operating_points(labels, probabilities, {"one": point_at(0.4)})["one"]
    assert (measured.target, measured.threshold) == (0.9, 0.4)
    assert measured.sensitivity == pytest.approx(3 / 4)
    assert measured.specificity == pytest.approx(2 / 3)
    assert measured.sensitivity_interval.low < 3 / 4 < measured.sensitivity_interval.high
    assert measured.specificity_interval.low < 2 / 3 < measured.specificity_interval.high


def test_measured_intervals_are_wider_where_photographs_belong_to_one_lesion():
    labels, probabilities = draw_shares(120)
    labels, probabilities = np.repeat(labels, 4), np.repeat(probabilities, 4, axis=0)
    lesions = [str(index // 4) for index in range(len(labels))]
    points = {"one": point_at(0.5)}
    alone = measure_operating_points(labels, probabilities, points)["one"].specificity_interval
    together = measure_operating_points(labels, probabilities, points, lesions)["one"]
    wide = together.specificity_interval
    assert wide.high - wide.low > 1.5 * (alone.high - alone.low)


def test_without_malignant_photographs_there_is_no_sensitivity():
    measured = measure_operating_points(
        np.array([NV, NV]), share_out([0.1, 0.9]), {"one": point_at(0.5)}
    )["one"]
    assert measured.sensitivity is measured.sensitivity_interval is None
    assert measured.specificity == 0.5


def test_uncertain_answers_are_those_under_the_bound():
    labels = np.array([MEL, MEL, NV, 0])
    probabilities = np.vstack([share_out([0.5, 0.2]), np.full((2, 7), 0.1)])
    probabilities[2, NV], probabilities[3, NV] = 0.4, 0.4
    uncertainty = describe_uncertainty(labels, probabilities)
    assert uncertainty.bound == 0.5
    assert uncertainty.share == pytest.approx(1 / 2)
    assert uncertainty.accuracy_of_certain == pytest.approx(1 / 2)
    assert uncertainty.accuracy_of_uncertain == pytest.approx(1 / 2)


def test_another_bound_sets_other_answers_apart():
    labels, probabilities = np.array([MEL, NV]), share_out([0.6, 0.3])
    uncertainty = describe_uncertainty(labels, probabilities, 0.65)
    assert (uncertainty.bound, uncertainty.share) == (0.65, 0.5)


def test_where_no_answer_is_uncertain_their_accuracy_is_unknown():
    uncertainty = describe_uncertainty(np.array([MEL, NV]), share_out([0.9, 0.1]))
    assert uncertainty.share == 0
    assert uncertainty.accuracy_of_certain == 1
    assert uncertainty.accuracy_of_uncertain is None
