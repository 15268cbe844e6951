from dataclasses import fields

import pytest

from ml import pictures
from ml.errors import MlError
from ml.training.augmentation import STRONG
from ml.training.pictures import CHANGES
from tests.ml.conftest import draw_photograph, encode


def test_every_setting_of_an_augmentation_is_shown():
    shown = [name for names in CHANGES.values() for name in names]
    assert sorted(shown) == sorted(one.name for one in fields(STRONG))


def test_a_photograph_is_drawn_before_and_after(tmp_path):
    photograph, out = tmp_path / "lesion.jpg", tmp_path / "changes.png"
    photograph.write_bytes(encode(draw_photograph()))
    assert pictures.main([str(photograph), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_photograph_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MlError, match="No such file"):
        pictures.main([str(tmp_path / "no.jpg"), "--out", str(tmp_path / "out.png")])
