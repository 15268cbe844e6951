import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from ml.evaluation.curves import reliability, risk_coverage, roc_curve
from ml.evaluation.metrics import expected_calibration_error


def spread(answers, highest):
    rows = np.tile((1 - np.array(highest)[:, None]) / 6, 7)
    rows[np.arange(len(answers)), answers] = highest
    return rows


def test_a_roc_curve_worked_out_by_hand_takes_equal_scores_in_one_step():
    positive = np.array([True, False, True, False])
    curve = roc_curve(positive, np.array([0.9, 0.5, 0.5, 0.1]))
    assert curve.false_positive_rate.tolist() == [0, 0, 0.5, 1]
    assert curve.true_positive_rate.tolist() == [0, 0.5, 1, 1]


def test_roc_curves_agree_with_scikit_learn():
    rng = np.random.default_rng(3)
    positive = rng.random(300) < 0.3
    scores = np.round(rng.random(300) + 0.3 * positive, 2)
    curve = roc_curve(positive, scores)
    false, true, _ = sklearn_metrics.roc_curve(positive, scores, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(false)
    assert curve.true_positive_rate == pytest.approx(true)


def test_one_kind_alone_has_no_roc_curve():
    assert roc_curve(np.array([True, True]), np.array([0.1, 0.2])) is None


def test_reliability_bins_worked_out_by_hand():
    probabilities = spread([0, 0, 1, 2], [0.72, 0.70, 0.95, 1.0])
    bins = reliability(np.array([0, 1, 1, 2]), probabilities)
    assert bins.n.tolist() == [0] * 10 + [2, 0, 0, 0, 2]
    assert bins.confidence[[10, 14]] == pytest.approx([0.71, 0.975])
    assert bins.accuracy[[10, 14]] == pytest.approx([0.5, 1.0])
    assert np.isnan(bins.accuracy[0])


def test_the_gaps_of_the_reliability_bins_are_the_calibration_error():
    rng = np.random.default_rng(8)
    probabilities = rng.dirichlet(np.full(7, 0.4), size=250)
    labels = rng.integers(7, size=250)
    bins = reliability(labels, probabilities)
    gaps = np.nansum(bins.n / 250 * abs(bins.confidence - bins.accuracy))
    assert gaps == pytest.approx(expected_calibration_error(labels, probabilities))


def test_risk_and_coverage_worked_out_by_hand():
    probabilities = spread([0, 1, 2, 3], [0.6, 0.9, 0.6, 0.5])
    curve = risk_coverage(np.array([0, 1, 5, 5]), probabilities)
    assert curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.accuracy == pytest.approx([1, 2 / 3, 1 / 2])
