"""The corpus: its frame, and its stages on a made package."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from immat_core.errors import UserError
from training.corpus import iterate, list_models, load_model
from training.corpus import read as read_stage
from training.corpus.__main__ import main
from training.corpus.canonical import clean, drop_ground, to_unit_box
from training.corpus.drawing import LABEL_HEIGHT, draw_tile, save_sheet
from training.corpus.fetch import fetch_packages, fetched_version
from training.corpus.lock import LockedModel
from training.corpus.looks import NO_COLOR, average_texture
from training.corpus.manifest import (
    ManifestRow,
    Package,
)
from training.corpus.package_files import FilePlace, PackageFiles

CUBE_FACES = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ]
)  # fmt: skip


def box(size: tuple[float, float, float], center: tuple[float, float, float] = (0, 0, 0)):  # type: ignore[no-untyped-def]
    """A box as (8, 3) float64 vertices and (12, 3) faces."""
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)]) - 0.5
    return corners * size + center, CUBE_FACES


def join(*parts):  # type: ignore[no-untyped-def]
    starts = np.cumsum([0] + [len(v) for v, _ in parts])[:-1]
    return (
        np.concatenate([v for v, _ in parts]),
        np.concatenate([f + s for (_, f), s in zip(parts, starts, strict=True)]),
    )


# --- the frame -----------------------------------------------------------------------------------


def test_clean_merges_and_drops_and_tells_where_faces_come_from() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1e-7], [1, 1, 0], [9, 9, 9.0]])
    faces = np.array([[0, 1, 2], [0, 3, 1], [2, 1, 3], [1, 4, 2]])
    mesh = clean(vertices, faces)
    np.testing.assert_array_equal(mesh.origin, [0, 3])
    assert len(mesh.vertices) == 4
    np.testing.assert_allclose(mesh.vertices[mesh.faces], vertices[faces[[0, 3]]], atol=1e-6)


def test_ground_under_a_house_boat_is_dropped_and_its_deck_is_not() -> None:
    hull, deck = box((1, 3, 0.5)), box((1.2, 3.2, 0.001), (0, 0, 0.3))
    plate = np.array([[-3, -9, -0.25], [3, -9, -0.25], [3, 9, -0.25], [-3, 9, -(0.25).real]])
    wake = plate, np.array([[0, 1, 2], [0, 2, 3]])
    mesh = drop_ground(clean(*join(wake, hull, deck)))
    assert set(mesh.origin.tolist()) == set(range(2, 26))
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [1.2, 3.2, 0.5505])


def test_unit_box() -> None:
    vertices, _ = box((3, 4, 12), (5, 5, 5))
    unit = to_unit_box(vertices)
    np.testing.assert_allclose(np.ptp(unit, axis=0) * 13, [3, 4, 12])
    np.testing.assert_allclose(unit.min(0), -unit.max(0))


def test_a_texture_is_averaged_over_the_face_without_what_is_transparent() -> None:
    image = np.zeros((2, 2, 4), np.uint8)
    image[0] = [200, 0, 0, 255]
    image[1] = [0, 100, 0, 255]
    top, bottom, beyond = [0, 0.6], [0.9, 0.1], [7.2, 3.9]
    uv = np.array([[top] * 3, [bottom] * 3, [beyond] * 3])
    np.testing.assert_array_equal(
        average_texture(image, uv), [[200, 0, 0], [0, 100, 0], [200, 0, 0]]
    )
    image[0, :, 3] = 0
    across = np.array([[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]])
    np.testing.assert_array_equal(average_texture(image, across), [[0, 100, 0]])


# --- the stages on a made package ----------------------------------------------------------------


def row(name: str, container: str, member: str = "", **changes: object) -> ManifestRow:
    made = ManifestRow(name, "table", "toys", container, member, "y", (), 0, (), "CC0", "Nobody")
    return replace(made, **changes)  # type: ignore[arg-type]


def obj(size: tuple[float, float, float], texture: bool = False) -> str:
    vertices, faces = box(size)
    lines = ["mtllib box.mtl", *(f"v {x} {y} {z}" for x, y, z in vertices), "vt 0.5 0.5"]
    lines += ["usemtl skin" if texture else "usemtl paint"]
    lines += ["f " + " ".join(f"{i + 1}/1" for i in face) for face in faces.tolist()]
    return "\n".join(lines)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus whose one package is unpacked: a loose box, one in an archive, a broken file."""
    package = tmp_path / "packages" / "toys"
    (package / "models").mkdir(parents=True)
    (package / "models/box.obj").write_text(obj((1, 2, 4)))
    (package / "models/box.mtl").write_text("newmtl paint\nKd 1 0.5 0\n")
    (package / "models/broken.md2").write_bytes(b"IDP2")
    with zipfile.ZipFile(package / "toys.pk3", "w") as archive:
        archive.writestr("a/box.obj", obj((2, 1, 1), texture=True))
        archive.writestr("a/BOX.MTL", "newmtl skin\nmap_Kd Skins/Oak.tga\n")
        for place, color in (("a/oak", (10, 200, 30)), ("b/oak", (255, 0, 0))):
            Image.new("RGB", (4, 4), color).save(tmp_path / "oak.png")
            archive.write(tmp_path / "oak.png", f"{place}.png")
    (package / ".version").write_text("1-1")
    return tmp_path


ROWS = [
    row("table_001", "models/box.obj"),
    row("table_002", "toys.pk3", "a/box.obj", yaw=90),
    row("table_003", "models/broken.md2"),
    row("table_004", "models/gone.obj"),
    row("chair_001", "chair.obj", category="chair", package="elsewhere"),
]


def test_reads_what_can_be_read_and_names_what_cannot(corpus: Path) -> None:
    report = read_stage.read_models(corpus, ROWS, {})
    assert [record.name for record in report.read] == ["table_001", "table_002"]
    assert set(report.failed) == {"table_003", "table_004"}
    assert report.absent == ("chair_001",)
    loose, packed = iterate("table", folder=corpus)
    # Y up becomes Z up: the box of 1, 2, 4 is 2 high.
    np.testing.assert_allclose(np.ptp(loose.vertices, 0) * np.sqrt(21), [1, 4, 2], rtol=1e-6)
    np.testing.assert_allclose(np.ptp(packed.vertices, 0) * np.sqrt(6), [1, 2, 1], rtol=1e-6)
    assert loose.record.open_edges == 0
    assert loose.record.components == 1
    assert (loose.vertices.dtype, loose.faces.dtype, loose.colors.dtype) == (
        np.dtype("f4"), np.dtype("i4"), np.dtype("u1"),
    )  # fmt: skip


def test_keeps_colors_and_the_texture_beside_the_model(corpus: Path) -> None:
    read_stage.read_models(corpus, ROWS, {})
    loose, packed = load_model("table_001", corpus), load_model("table_002", corpus)
    assert np.unique(loose.colors, axis=0).tolist() == [[255, 128, 0]]
    assert loose.textures == ()
    np.testing.assert_allclose(loose.linear_colors[0], [1, 0.2158605, 0], atol=1e-5)
    # The image of the model's own folder, though the file names another folder and suffix.
    assert np.abs(packed.colors.astype(int) - [10, 200, 30]).max() <= 2
    assert (packed.face_textures == 0).all()
    assert (corpus / "textures" / packed.textures[0]).is_file()
    assert loose.record.colored == packed.record.colored == 1


def test_a_model_without_looks_is_grey_and_says_so(corpus: Path) -> None:
    (corpus / "packages/toys/models/box.mtl").unlink()
    read_stage.read_models(corpus, ROWS[:1], {})
    model = load_model("table_001", corpus)
    assert (model.colors == NO_COLOR).all()
    assert model.record.colored == 0


def test_a_second_run_reads_only_what_changed(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_stage.read_models(corpus, ROWS[:2], {})
    calls: list[str] = []
    real = read_stage.read_row

    def counted(folder: Path, wanted: ManifestRow) -> object:
        calls.append(wanted.name)
        return real(folder, wanted)

    monkeypatch.setattr(read_stage, "read_row", counted)
    turned = [replace(ROWS[0], yaw=180), ROWS[1]]
    again = read_stage.read_models(corpus, turned, {})
    assert calls == ["table_001"]
    assert again.read[1] == first.read[1]
    # A file that was cut off is read again.
    (corpus / "meshes/table/table_002.npz").write_bytes(b"PK")
    read_stage.read_models(corpus, turned, {})
    assert calls == ["table_001", "table_002"]


def test_the_lock_gives_the_split_and_tells_of_other_geometry(corpus: Path) -> None:
    good = read_stage.read_models(corpus, ROWS[:1], {}).read[0].checksum
    lock = {
        "table_001": LockedModel("table_001", good, "table_001", "test"),
        "table_002": LockedModel("table_002", "0" * 16, "table_001", "test"),
    }
    report = read_stage.read_models(corpus, ROWS[:2], lock)
    assert report.changed == ("table_002",)
    assert [r.split for r in list_models(split="test", folder=corpus)] == ["test", "test"]
    assert load_model("table_002", corpus).record.cluster == "table_001"


def test_a_missing_model_is_named(corpus: Path) -> None:
    with pytest.raises(UserError, match="build"):
        load_model("table_001", corpus)
    read_stage.read_models(corpus, ROWS[:1], {})
    with pytest.raises(UserError, match="no model 'table_009'"):
        load_model("table_009", corpus)


def test_an_image_far_from_the_model_needs_more_than_its_name(corpus: Path) -> None:
    files = PackageFiles(corpus / "packages/toys")
    loose = FilePlace("models/box.obj")
    assert files.find_image(loose, "oak") is None
    assert files.find_image(loose, "b/oak.tga") == FilePlace("toys.pk3", "b/oak.png")
    assert files.find_image(loose, "pine") is None
    assert files.find_image(loose, "") is None


def test_one_of_several_liveries_beside_the_model_is_picked(tmp_path: Path) -> None:
    """The same one each time, not the same for every model, and none of another plane."""
    for plane in ("A", "B"):
        for airline in ("x", "y", "z"):
            path = tmp_path / f"data/planes/{plane}/Textures/{airline}/skin.png"
            path.parent.mkdir(parents=True)
            path.write_bytes(b"")
    files = PackageFiles(tmp_path)
    models = [FilePlace(f"data/planes/A/Models/{number}.ac") for number in range(12)]
    found = [files.find_image(model, "skin.png") for model in models]
    assert found == [PackageFiles(tmp_path).find_image(model, "skin.png") for model in models]
    assert {str(image.path.parent) for image in found if image} == {
        f"data/planes/A/Textures/{airline}" for airline in ("x", "y", "z")
    }


def test_sheets_show_every_model(corpus: Path) -> None:
    read_stage.read_models(corpus, ROWS[:2], {})
    models = list(iterate(folder=corpus))
    tile = draw_tile(models[0], 32)
    assert (tile[:32].max(2).astype(int) - tile[:32].min(2) > 100).mean() > 0.1
    save_sheet(corpus / "sheet.png", [*models, models[0]], size=32, columns=2)
    assert Image.open(corpus / "sheet.png").size == (64, 2 * (32 + LABEL_HEIGHT))


# --- fetching ------------------------------------------------------------------------------------

APT_GET = """#!/bin/sh
echo "$2" >> "$LOG"
case "$2" in
  toys=2) exit 100 ;;
  gone*) echo "E: Unable to locate package gone" >&2; exit 100 ;;
esac
echo deb > "${2%%=*}_1_all.deb"
"""
DPKG_DEB = """#!/bin/sh
if [ "$1" = -f ]; then echo 1; else mkdir -p "$3/usr" && echo model > "$3/usr/model.obj"; fi
"""


def test_fetch_resumes_and_one_missing_package_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs, log = tmp_path / "bin", tmp_path / "log"
    programs.mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LOG", str(log))
    folder = tmp_path / "packages"
    packages = [Package(name, "2", "core", 1) for name in ("gone", "toys", "games")]
    failed = fetch_packages(folder, packages)
    assert list(failed) == ["gone"]
    assert "Unable to locate" in failed["gone"]
    assert fetched_version(folder, "toys") == fetched_version(folder, "games") == "1"
    assert "toys is 1, the manifest was made with 2" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["games", "toys"]
    # The version of the list first, then what the release has; a second run asks for nothing.
    assert log.read_text().split() == ["gone=2", "gone", "toys=2", "toys", "games=2"]
    fetch_packages(folder, packages[1:])
    assert len(log.read_text().split()) == 5


def test_fetch_without_apt_says_where_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["fetch", "--folder", str(tmp_path)]) == 2
    assert "Debian" in capsys.readouterr().err
