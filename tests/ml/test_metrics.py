import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from ml.bundle.labels import LABELS
from ml.evaluation.metrics import (
    DRAWS,
    area_under_curve,
    choose_answers,
    draw_lesions,
    expected_calibration_error,
    is_malignant,
    malignant_share,
    measure,
    percentiles,
)


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


def test_always_nevus_is_as_accurate_as_nevi_are_frequent():
    result = measure(np.array([5, 5, 5, 4]), one_hot([4, 4, 4, 4]))
    assert result.always_nevus_accuracy == pytest.approx(3 / 4)
    assert result.accuracy == pytest.approx(1 / 4)


def test_a_tie_for_the_highest_probability_is_a_wrong_answer():
    probabilities = np.zeros((4, 7))
    probabilities[0, [0, 4]] = 0.5
    probabilities[1, [4, 5]] = 0.5
    probabilities[2, [1, 2]] = 0.5
    probabilities[3, [2, 3]] = 0.4, 0.6
    answers = choose_answers(np.array([4, 4, 4, 3]), probabilities)
    # the first two tie with the truth and get the other class; a tie without the truth stays wrong
    assert answers.tolist() == [0, 5, 1, 3]
    assert measure(np.array([4, 4, 4, 3]), probabilities).accuracy == pytest.approx(1 / 4)


def test_equal_probabilities_everywhere_are_never_right():
    labels = np.arange(7)
    assert measure(labels, np.full((7, 7), 1 / 7)).balanced_accuracy == 0


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_all_values_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
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
    malignant = np.isin(labels, [0, 1, 4])
    assert result.malignant_auc == pytest.approx(
        sklearn_metrics.roc_auc_score(malignant, probabilities[:, [0, 1, 4]].sum(axis=1))
    )
    for index, name in enumerate(LABELS):
        one = result.per_class[name]
        expected = (precision[index], recall[index], f1[index], n[index])
        assert (one.precision, one.recall, one.f1, one.n) == pytest.approx(expected)
        area = sklearn_metrics.roc_auc_score(labels == index, probabilities[:, index])
        assert one.auc == pytest.approx(area)
    assert np.array_equal(
        result.confusion_matrix, sklearn_metrics.confusion_matrix(labels, answers)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30))
def test_areas_with_many_equal_scores_agree_with_scikit_learn(rows):
    positive = np.array([row[0] for row in rows])
    scores = np.array([row[1] / 5 for row in rows])
    area = area_under_curve(positive, scores)
    if positive.all() or not positive.any():
        assert area is None
    else:
        assert area == pytest.approx(sklearn_metrics.roc_auc_score(positive, scores))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_whatever_classes_occur_the_confusion_matrix_agrees_with_scikit_learn(rows):
    labels, answers = np.array(rows).T
    result = measure(labels, one_hot(answers))
    expected = sklearn_metrics.confusion_matrix(labels, answers, labels=range(7))
    assert np.array_equal(result.confusion_matrix, expected)
    recalls = sklearn_metrics.recall_score(
        labels, answers, labels=np.unique(labels), average="macro"
    )
    assert result.balanced_accuracy == pytest.approx(recalls)
    f1 = sklearn_metrics.f1_score(labels, answers, labels=np.unique(labels), average="macro")
    assert result.macro_f1 == pytest.approx(f1)


def test_the_malignant_share_is_melanoma_basal_cell_carcinoma_and_actinic_keratosis():
    row = np.array([[0.1, 0.2, 0.05, 0.05, 0.3, 0.25, 0.05]])
    assert malignant_share(row) == pytest.approx([0.6])
    assert is_malignant(np.arange(7)).tolist() == [True, True, False, False, True, False, False]


def test_equal_scores_count_half_in_the_area_under_the_curve():
    positive = np.array([True, False, True, False])
    assert area_under_curve(positive, np.array([0.5, 0.5, 0.9, 0.1])) == pytest.approx(0.875)
    assert area_under_curve(np.array([True]), np.array([0.5])) is None


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    labels = np.array([0, 0, 1, 1])
    probabilities = one_hot([0, 0, 0, 0], sure=0.8)
    assert expected_calibration_error(labels, probabilities) == pytest.approx(0.3)


def test_a_calibration_error_worked_out_by_hand():
    probabilities = np.vstack([one_hot([0, 0, 0, 0], sure=0.8), one_hot([1, 1], sure=0.5)])
    labels = np.array([0, 0, 0, 2, 1, 2])
    # four photographs: confidence 0.8, accuracy 0.75; two photographs: 0.5 and 0.5
    assert expected_calibration_error(labels, probabilities) == pytest.approx(4 / 6 * 0.05)


def test_full_confidence_belongs_to_the_last_bin():
    assert expected_calibration_error(np.array([0, 1]), one_hot([0, 0])) == pytest.approx(0.5)


def draw_answers(seed=1, lesions=120):
    """Draw labels and probabilities that are right about two times in three."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(7), rng.integers(7, size=lesions - 7)])
    answers = np.where(rng.random(lesions) < 0.66, labels, rng.integers(7, size=lesions))
    return labels, one_hot(answers, sure=0.9)


def test_intervals_hold_the_value_and_are_the_same_on_every_call():
    labels, probabilities = draw_answers()
    result = measure(labels, probabilities)
    assert set(result.intervals) == {"accuracy", "balanced_accuracy", "macro_f1"}
    for name, interval in result.intervals.items():
        assert 0 <= interval.low < getattr(result, name) < interval.high <= 1
    for one in result.per_class.values():
        assert one.recall_interval.low <= one.recall <= one.recall_interval.high
    assert measure(labels, probabilities) == result


def test_an_interval_of_accuracy_is_about_that_of_the_binomial_distribution():
    labels, probabilities = draw_answers(lesions=400)
    result = measure(labels, probabilities)
    half = 1.96 * np.sqrt(result.accuracy * (1 - result.accuracy) / 400)
    interval = result.intervals["accuracy"]
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.15)


def test_intervals_are_wider_where_photographs_belong_to_one_lesion():
    labels, probabilities = draw_answers()
    many_labels, many = np.repeat(labels, 4), np.repeat(probabilities, 4, axis=0)
    lesions = [f"lesion {index}" for index in np.repeat(np.arange(len(labels)), 4)]
    alone, together = measure(many_labels, many), measure(many_labels, many, lesions)
    assert alone.balanced_accuracy == together.balanced_accuracy
    for name in alone.intervals:
        narrow, wide = alone.intervals[name], together.intervals[name]
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_order_of_the_lesions_names_changes_no_value():
    labels, probabilities = draw_answers()
    each_alone = [f"{index:03}" for index in range(len(labels))]
    assert measure(labels, probabilities, each_alone) == measure(labels, probabilities)


def test_photographs_of_one_lesion_are_drawn_together():
    drawn = draw_lesions(5, ["b", "a", "b", "c", "a"])
    assert drawn.shape == (DRAWS, 5)
    assert np.array_equal(drawn[:, 0], drawn[:, 2])
    assert np.array_equal(drawn[:, 1], drawn[:, 4])
    assert (drawn[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert drawn.mean() == pytest.approx(1, abs=0.05)


def test_percentiles_leave_out_draws_without_a_value():
    interval = percentiles(np.array([np.nan, *np.arange(101)]))
    assert (interval.low, interval.high) == pytest.approx((2.5, 97.5))


def test_a_class_without_photographs_has_no_interval():
    result = measure(np.array([5, 5, 4]), one_hot([5, 4, 4]))
    assert result.per_class["df"].recall_interval is None
    assert result.per_class["df"].auc is None
    assert result.per_class["df"].n == 0


def test_one_class_alone_has_no_area_under_the_curve():
    assert measure(np.array([5, 5]), one_hot([5, 4])).auc is None


def test_nothing_cannot_be_measured():
    with pytest.raises(ValueError, match="at least one"):
        measure(np.array([], dtype=int), np.zeros((0, 7)))
    with pytest.raises(ValueError, match="as many labels as"):
        measure(np.array([1, 2]), one_hot([1]))
