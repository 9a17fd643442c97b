"""The .ma format: exact both ways, and errors that name the file and line."""

import numpy as np
import pytest

from immat_core.errors import UserError
from immat_core.ma_file import read_ma, write_ma
from immat_core.medial_mesh import MedialMesh


def test_round_trip_to_the_bit(tmp_path):
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.integers(-30, 30, (50, 1))
    mat = MedialMesh(
        rng.normal(size=(50, 3)) * scale,
        rng.uniform(1e-6, 1e6, 50),
        rng.permuted(np.tile(np.arange(50), (20, 1)), axis=1)[:, :2],
        rng.permuted(np.tile(np.arange(50), (20, 1)), axis=1)[:, :3],
    )
    write_ma(tmp_path / "a.ma", mat)
    back = read_ma(tmp_path / "a.ma")
    for name in ("centers", "radii", "edges", "faces"):
        np.testing.assert_array_equal(getattr(back, name), getattr(mat, name))
    assert [path.name for path in tmp_path.iterdir()] == ["a.ma"]


def test_text_is_the_format_of_q_mat(tmp_path):
    path = tmp_path / "a.ma"
    write_ma(
        path, MedialMesh([[0, 0.5, -1], [1, 2, 3], [4, 5, 6]], [0.1, 1, 2], [[1, 0]], [[2, 1, 0]])
    )
    assert path.read_bytes() == (
        b"3 1 1\nv 0.0 0.5 -1.0 0.1\nv 1.0 2.0 3.0 1.0\nv 4.0 5.0 6.0 2.0\ne 0 1\nf 0 1 2\n"
    )


def test_an_empty_medial_mesh(tmp_path):
    write_ma(tmp_path / "a.ma", MedialMesh(np.empty((0, 3)), []))
    assert len(read_ma(tmp_path / "a.ma").radii) == 0


def test_comments_blank_lines_windows_line_ends_and_any_order(tmp_path):
    path = tmp_path / "a.ma"
    path.write_bytes(
        "\ufeff# made by hand\r\n\r\n 2 1 0 # counts\r\ne 1 0\r\n"
        "v 0 0 0 1e-1\r\n  \r\nv\t1 0 0 .2 # ü\r\n".encode()
    )
    mat = read_ma(path)
    np.testing.assert_array_equal(mat.radii, np.array([0.1, 0.2], np.float32))
    assert mat.edges.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "three counts"),
        ("# nothing\n", 1, "three counts"),
        ("2 0\n", 1, "three counts"),
        ("1 x 0\n", 1, "'x' is not a whole number"),
        ("-1 0 0\n", 1, "-1 is negative"),
        ("1 0 0\nv 0 0 0\n", 2, "'v' needs 4 numbers"),
        ("1 0 0\nv 0 0 0 1 2\n", 2, "'v' needs 4 numbers"),
        ("1 0 0\n\nv 0 zero 0 1\n", 3, "not a number"),
        ("1 0 0\nv 0 nan 0 1\n", 2, "not finite"),
        ("1 0 0\nv 0 1e40 0 1\n", 2, "not finite"),
        ("1 0 0\nv 0 0 0 0\n", 2, "radius 0 is not above 0"),
        ("1 0 0\nv 0 0 0 -0.5\n", 2, "radius -0.5 is not above 0"),
        ("1 0 0\nv 0 0 0 1e-60\n", 2, "radius 1e-60 is not above 0"),
        ("1 1 0\nv 0 0 0 1\ne 0 1\n", 3, "outside 0..0"),
        ("1 1 0\nv 0 0 0 1\ne 0 0.5\n", 3, "'0.5' is not a whole number"),
        ("2 1 0\nv 0 0 0 1\nv 1 0 0 1\ne 1 1\n", 4, "named twice"),
        ("2 0 1\nv 0 0 0 1\nv 1 0 0 1\nf 0 1 -1\n", 4, "-1 is negative"),
        ("1 0 0\nv 0 0 0 1\nq 1 2\n", 3, "'q' is none of v, e, f"),
    ],
)
def test_errors_name_the_file_and_line(tmp_path, text, line, what):
    path = tmp_path / "bad.ma"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_ma(path)
    assert f"bad.ma, line {line}: " in str(caught.value)
    assert what in str(caught.value)


def test_counts_that_do_not_hold(tmp_path):
    path = tmp_path / "short.ma"
    path.write_text("2 0 0\nv 0 0 0 1\n")
    with pytest.raises(
        UserError, match=r"short\.ma: the first line promises 2 'v' lines, but there are 1"
    ):
        read_ma(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match=r"missing\.ma cannot be read"):
        read_ma(tmp_path / "missing.ma")
    with pytest.raises(UserError, match="cannot be read"):
        read_ma(tmp_path)
    (tmp_path / "image.ma").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(UserError, match="not a text file"):
        read_ma(tmp_path / "image.ma")


def test_writing_where_that_is_impossible_leaves_nothing(tmp_path):
    mat = MedialMesh([[0, 0, 0]], [1])
    with pytest.raises(UserError, match="cannot be written"):
        write_ma(tmp_path / "none" / "a.ma", mat)
    (tmp_path / "folder.ma").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write_ma(tmp_path / "folder.ma", mat)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.ma"]


def test_a_failed_write_keeps_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.ma"
    write_ma(path, MedialMesh([[0, 0, 0]], [1]))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("immat_core.atomic_file.os.replace", full)
    with pytest.raises(UserError, match="No space left"):
        write_ma(path, MedialMesh([[1, 1, 1]], [2]))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.ma"]
