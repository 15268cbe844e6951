import json

import numpy as np
import pytest
from PIL import Image

from ml.bundle.engines import EngineOutput
from ml.bundle.ensemble import Ensemble, load_ensemble, scale_class_map, turn_back, turn_images
from ml.bundle.labels import LABELS
from ml.bundle.manifest import VIEWS, read_manifest
from ml.errors import PhotographError
from tests.ml.conftest import draw_photograph, encode


class FakeEngine:
    """Reports what each view of the photograph shows: the brighter half decides the class map."""

    name = "fake"

    def __init__(self, logits):
        self.logits = np.asarray(logits, dtype=np.float32)

    def run(self, images):
        powers = np.exp(self.logits)
        probabilities = np.repeat((powers / powers.sum())[None], len(images), axis=0)
        small = images[:, :1, ::16, ::16]
        class_maps = np.repeat(small, 7, axis=1)
        return EngineOutput(probabilities, np.zeros((len(images), 4), np.float32), class_maps)


@pytest.mark.parametrize("index", range(7))
def test_the_order_of_the_classes_is_never_permuted(bundle, jpeg, index):
    logits = np.zeros(7)
    logits[index] = 3
    answer = Ensemble(read_manifest(bundle), FakeEngine(logits)).predict(jpeg)
    assert answer.label == LABELS[index]
    assert list(answer.probabilities) == list(answer.class_maps) == list(LABELS)
    assert max(answer.probabilities, key=answer.probabilities.get) == LABELS[index]


def test_an_answer_is_complete(bundle, jpeg):
    ensemble = load_ensemble(bundle, engine="onnx", threads=1)
    answer = ensemble.predict(jpeg)
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert answer.malignant == pytest.approx(
        sum(answer.probabilities[name] for name in ("mel", "bcc", "akiec"))
    )
    assert answer.model_version == ensemble.version == "small_cnn-32-seed1"
    assert answer.crop == pytest.approx((0.125, 0, 0.875, 1), abs=0.01)
    assert answer.milliseconds > 0
    for class_map in answer.class_maps.values():
        values = np.array(class_map)
        assert values.shape == (4, 4)
        assert values.min() >= 0
        assert values.max() in (0, 1)
        assert np.array_equal(values, values.round(3))


def test_one_photograph_alone_and_in_a_batch_get_the_same_answer(bundle):
    photographs = [encode(draw_photograph(seed=seed, label=seed % 7)) for seed in range(11)]
    ensemble = load_ensemble(bundle, engine="onnx")
    together = ensemble.predict_batch(photographs)
    assert len(together) == 11
    for photograph, answer in zip(photographs, together, strict=True):
        alone = ensemble.predict(photograph)
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
    assert ensemble.predict_batch([]) == []


def test_the_mean_over_mirrored_views_ignores_mirroring_and_its_maps_turn_with_it(bundle_of_two):
    ensemble = load_ensemble(bundle_of_two, engine="onnx")
    image = draw_photograph(64, 64, seed=3)
    image.paste((10, 10, 10), (0, 0, 20, 64))
    mirrored = image.transpose(0)
    one = ensemble.predict(encode(image, "png"))
    other = ensemble.predict(encode(mirrored, "png"))
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
    for name in LABELS:
        turned = np.flip(np.array(other.class_maps[name]), axis=1)
        assert np.allclose(one.class_maps[name], turned, atol=2e-3)


@pytest.mark.parametrize("view", VIEWS)
def test_class_maps_of_turned_views_are_turned_back(bundle, view):
    path = bundle / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "views": [view]}))
    image = draw_photograph(64, 64)
    image.paste((0, 0, 0), (0, 0, 64, 64))
    image.paste((255, 255, 255), (0, 0, 32, 32))
    answer = Ensemble(read_manifest(bundle), FakeEngine(np.zeros(7))).predict(encode(image, "png"))
    class_map = np.array(answer.class_maps["nv"])
    assert class_map.argmax() == 0


def test_the_eight_views_are_all_different_and_turn_back():
    images = np.arange(2 * 3 * 4 * 4, dtype=np.float32).reshape(2, 3, 4, 4)
    shown = [turn_images(images, view) for view in VIEWS]
    assert len({one.tobytes() for one in shown}) == 8
    assert np.array_equal(shown[0], images)
    for one, view in zip(shown, VIEWS, strict=True):
        assert np.array_equal(turn_back(one, view), images)


def test_with_all_eight_views_a_turned_photograph_gets_the_same_answer(bundle):
    ensemble = load_ensemble(bundle, engine="onnx", views=8)
    image = draw_photograph(64, 64, seed=3)
    image.paste((10, 10, 10), (0, 0, 20, 40))
    turned = image.transpose(Image.Transpose.ROTATE_90)
    one, other = (ensemble.predict(encode(each, "png")) for each in (image, turned))
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_a_photograph_is_shown_as_the_manifest_says_unless_told_otherwise(bundle_of_two):
    assert load_ensemble(bundle_of_two, engine="onnx").views == ("upright", "mirrored")
    assert load_ensemble(bundle_of_two, engine="onnx", views=1).views == ("upright",)
    assert load_ensemble(bundle_of_two, engine="onnx", views=8).views == VIEWS


def test_bytes_that_are_no_photograph_are_refused(bundle):
    with pytest.raises(PhotographError):
        load_ensemble(bundle).predict(b"nothing")


def test_a_class_map_without_positive_evidence_is_empty():
    assert scale_class_map(np.array([[-1.0, -2.0]])) == ((0.0, 0.0),)
    assert scale_class_map(np.array([[3.0, -2.0, 1.0]])) == ((1.0, 0.0, 0.333),)
