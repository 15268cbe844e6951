import random
import shutil

import pytest

from ml.bundle.labels import LABELS
from ml.bundle.preprocessing import Recipe
from ml.errors import DataError
from ml.evaluation.tables import index_images
from ml.training.data import count_by_label, load_photographs, read_collection
from ml.training.parts import split_by_lesion
from tests.ml.conftest import draw_photograph, encode, make_collection, write_rows

HEADER = ["lesion_id", "image_id", "dx"]


@pytest.fixture
def folder(tmp_path):
    """Return a small folder with two photographs and no table yet."""
    (tmp_path / "images").mkdir()
    for name in ("a", "b"):
        (tmp_path / "images" / f"{name}.jpg").write_bytes(encode(draw_photograph()))
    return tmp_path


def test_a_collection_holds_every_photograph_with_its_class(collection):
    read = read_collection([collection])
    assert len(read.photographs) == 7 * 6
    assert count_by_label(read.photographs) == (6,) * 7
    assert all(LABELS[one.label] in one.lesion_id for one in read.photographs)


def test_no_lesion_is_on_both_sides_of_the_split(collection):
    photographs = read_collection([collection]).photographs
    training, validation = split_by_lesion(photographs, validation=0.25, seed=1)
    assert not {one.lesion_id for one in training} & {one.lesion_id for one in validation}
    assert len(training) + len(validation) == len(photographs)
    assert all(count_by_label(validation))


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_the_rows(collection):
    photographs = list(read_collection([collection]).photographs)

    def lesions(rows, seed):
        return {one.lesion_id for one in split_by_lesion(rows, validation=0.25, seed=seed)[1]}

    first = lesions(photographs, 1)
    random.Random(0).shuffle(photographs)
    assert lesions(photographs, 1) == first
    assert any(lesions(photographs, seed) != first for seed in range(2, 6))


def test_other_diseases_are_left_out_and_counted(folder):
    rows = [["L1", "a", "nv"], ["L2", "b", "psoriasis"]]
    write_rows(folder / "HAM10000_metadata.csv", HEADER, rows)
    read = read_collection([folder])
    assert [one.image_id for one in read.photographs] == ["a"]
    assert read.left_out == {"psoriasis": 1}


def test_several_folders_are_read_together(collection, folder):
    write_rows(folder / "HAM10000_metadata.csv", HEADER, [["L1", "a", "nv"]])
    assert len(read_collection([collection, folder]).photographs) == 7 * 6 + 1


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (["lesion_id", "image_id"], [["L1", "a"]], "row 1: the column dx is missing"),
        (HEADER, [["L1", "a", "nv"], ["L2", "zz", "nv"]], "row 3: there is no photograph for"),
        (HEADER, [["", "a", "nv"]], "row 2: lesion_id is empty"),
        (HEADER, [["L1", "", "nv"]], "row 2: image_id is empty"),
        (HEADER, [["L1", "a", ""]], "row 2: dx is empty"),
        (HEADER, [["L1", "a"]], "row 2: the row has too few values"),
        (HEADER, [["L1", "a", "nv"], ["L1", "a", "mel"]], "row 3: image_id a was already read"),
        (HEADER, [], "the file has no rows"),
        (HEADER, [["L1", "a", "psoriasis"]], "no row has one of the classes akiec, bcc"),
    ],
)
def test_a_bad_table_is_refused_by_file_and_row(folder, header, rows, words):
    table = folder / "HAM10000_metadata.csv"
    write_rows(table, header, rows)
    with pytest.raises(DataError) as raised:
        read_collection([folder])
    assert str(table) in str(raised.value)
    assert words in str(raised.value)


def test_a_missing_or_binary_table_is_refused(folder):
    with pytest.raises(DataError, match="does not exist"):
        read_collection([folder])
    (folder / "HAM10000_metadata.csv").write_bytes(b"\xff\xfe\x00lesion")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_collection([folder])
    with pytest.raises(DataError, match="folder does not exist"):
        read_collection([folder / "nowhere"])


def test_the_original_folders_win_over_other_copies(folder):
    (folder / "copies").mkdir()
    shutil.copy(folder / "images" / "a.jpg", folder / "copies" / "a.png")
    assert index_images([folder])["a"] == folder / "images" / "a.jpg"


def test_a_broken_file_is_named_and_skipped_with_a_count(tmp_path):
    folder = make_collection(tmp_path / "ham", lesions=2)
    broken = folder / "HAM10000_images_part_1" / "ISIC_00000.jpg"
    broken.write_bytes(broken.read_bytes()[:100])
    said = []
    photographs = read_collection([folder]).photographs
    loaded = load_photographs(photographs, Recipe(size=32), report=said.append)
    assert loaded.broken == (broken,)
    assert len(loaded.pixels) == len(loaded.photographs) == len(photographs) - 1
    assert str(broken) in said[0]


def test_the_data_hash_changes_with_a_label_and_with_a_byte(collection, tmp_path):
    def data_hash(folder):
        return load_photographs(read_collection([folder]).photographs, Recipe(size=8)).data_hash

    copy = shutil.copytree(collection, tmp_path / "copy")
    assert data_hash(copy) == data_hash(collection)
    table = copy / "HAM10000_metadata.csv"
    table.write_text(table.read_text().replace("ISIC_00000,akiec", "ISIC_00000,bcc"))
    assert data_hash(copy) != data_hash(collection)
