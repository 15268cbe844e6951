import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from ml.labels import LABELS
from ml.metrics import area_under_curve, expected_calibration_error, measure


def one_hot(answers, sure=1.0):
    rows = np.full((len(answers), 7), (1 - sure) / 6)
    rows[np.arange(len(answers)), answers] = sure
    return rows


def test_a_vector_worked_out_by_hand():
    labels = np.array([5, 5, 5, 5, 4, 4, 0])
    answers = [5, 5, 5, 4, 4, 5, 1]
    result = measure(labels, one_hot(answers))
    assert result.n == 7
    assert result.accuracy == pytest.approx(4 / 7)
    # recalls: nv 3/4, mel 1/2, akiec 0
    assert result.balanced_accuracy == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)
    assert result.per_class["nv"].precision == pytest.approx(3 / 4)
    assert result.per_class["mel"].f1 == pytest.approx(1 / 2)
    assert result.macro_f1 == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)
    assert result.confusion_matrix[5] == (0, 0, 0, 0, 1, 3, 0)
    assert result.classes_without_photographs == ("bcc", "bkl", "df", "vasc")
    assert result.ece == pytest.approx(3 / 7)


def test_all_values_agree_with_scikit_learn():
    rng = np.random.default_rng(4)
    labels = np.concatenate([np.arange(7), rng.integers(7, size=400)])
    scores = rng.random((len(labels), 7)) + 0.5 * one_hot(labels)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    answers = probabilities.argmax(axis=1)
    result = measure(labels, probabilities)
    precision, recall, f1, n = sklearn_metrics.precision_recall_fscore_support(labels, answers)
    assert result.accuracy == pytest.approx(sklearn_metrics.accuracy_score(labels, answers))
    assert result.balanced_accuracy == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(labels, answers)
    )
    assert result.macro_f1 == pytest.approx(f1.mean())
    assert result.auc == pytest.approx(
        sklearn_metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    )
    for index, name in enumerate(LABELS):
        one = result.per_class[name]
        expected = (precision[index], recall[index], f1[index], n[index])
        assert (one.precision, one.recall, one.f1, one.n) == pytest.approx(expected)
    assert np.array_equal(
        result.confusion_matrix, sklearn_metrics.confusion_matrix(labels, answers)
    )


def test_equal_scores_count_half_in_the_area_under_the_curve():
    positive = np.array([True, False, True, False])
    assert area_under_curve(positive, np.array([0.5, 0.5, 0.9, 0.1])) == pytest.approx(0.875)
    assert area_under_curve(np.array([True]), np.array([0.5])) is None


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    labels = np.array([0, 0, 1, 1])
    probabilities = one_hot([0, 0, 0, 0], sure=0.8)
    assert expected_calibration_error(labels, probabilities) == pytest.approx(0.3)


def test_one_class_alone_has_no_area_under_the_curve():
    assert measure(np.array([5, 5]), one_hot([5, 4])).auc is None


def test_nothing_cannot_be_measured():
    with pytest.raises(ValueError, match="at least one"):
        measure(np.array([], dtype=int), np.zeros((0, 7)))
