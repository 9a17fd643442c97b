"""Renders: framed by the camera to the pixel, lit, and built into the same bytes every time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from immat_core.camera import MARGIN, Camera, frame_camera
from immat_core.image import crop, picture_from_array
from immat_core.medial_mesh import MedialMesh
from training import dataset_build
from training.contact_sheet import save_contact_sheet
from training.dataset_build import TEST_SEED, BuildSettings, build_split
from training.render import Light, draw_camera, render
from training.shapes import CATEGORIES, ParametricShape, generate

SIZE = 96


def box_of(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Left, top, right, bottom edges in pixels."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)


@pytest.mark.parametrize("category", CATEGORIES)
def test_render_stands_where_the_camera_says(category: str) -> None:
    shape = generate(category, TEST_SEED)
    for azimuth, elevation, roll in ((0.0, 0.0, 0.0), (2.0, 0.6, 0.0), (4.0, 0.2, 0.3)):
        camera = frame_camera(shape.vertices, azimuth, elevation, 1.8, roll=roll)
        image = render(shape, camera, size=SIZE)
        uv, _ = camera.project(shape.vertices)
        expected = (np.r_[uv.min(0), uv.max(0)] + 1) * SIZE / 2
        np.testing.assert_allclose(box_of(image[..., 3] > 0), expected, atol=1.5)


def test_silhouette_holds_the_projected_surface() -> None:
    shape = generate("chair", TEST_SEED + 1)
    camera = frame_camera(shape.vertices, 0.7, 0.4, 2.0)
    covered = render(shape, camera, size=SIZE)[..., 3] > 0
    middles = shape.vertices[shape.triangles].mean(1)
    pixels = ((camera.project(middles)[0] + 1) * SIZE / 2).astype(int)
    # a thin part may slip between samples, a misplaced picture would lose far more
    assert covered[pixels[:, 1], pixels[:, 0]].mean() > 0.98


def test_framing_is_that_of_a_crop() -> None:
    shape = generate("table", TEST_SEED)
    image = render(shape, frame_camera(shape.vertices, 0.5, 0.3, 2.0), size=SIZE)
    again = crop(picture_from_array(image), SIZE)
    assert np.abs(again.image[3] - image[..., 3] / 255).mean() < 0.02
    left, top, side = again.box
    np.testing.assert_allclose([left, top, side - SIZE], 0, atol=1.5)
    assert box_of(image[..., 3] > 0)[0] == pytest.approx(MARGIN * SIZE, abs=1)


def single_triangle(color: float) -> ParametricShape:
    vertices = np.array([[-0.3, 0, -0.3], [0.3, 0, -0.3], [0, 0, 0.4]], np.float32)
    return ParametricShape(
        category="table",
        vertices=vertices,
        normals=np.tile(np.array([0, -1, 0], np.float32), (3, 1)),
        triangles=np.array([[0, 1, 2]], np.int32),
        colors=np.full((1, 3), color, np.float32),
        mat=MedialMesh(vertices, np.full(3, 0.01, np.float32)),
        dense=vertices,
    )


def test_alpha_is_the_covered_share() -> None:
    image = render(single_triangle(0.5), Camera(0.0, 0.0, 2.0, 2.0), size=SIZE)
    covered = (image[..., 3] / 255).sum()
    half = SIZE / 2
    assert covered == pytest.approx(0.5 * 0.6 * 0.7 * half * half, rel=0.01)
    assert set(np.unique(image[..., 3])) > {0, 255}
    assert not image[image[..., 3] == 0].any()
    # straight alpha: the border has the color of the inside, not one darkened by transparency
    solid, border = image[image[..., 3] == 255], image[(image[..., 3] > 0) & (image[..., 3] < 255)]
    assert np.ptp(np.concatenate([solid, border])[:, 0]) <= 2


def test_nearer_surfaces_hide_farther_ones() -> None:
    front, rear = single_triangle(1.0), single_triangle(0.0)
    both = ParametricShape(
        category="table",
        vertices=np.concatenate(
            [front.vertices, rear.vertices + np.array([0, 0.2, 0], np.float32)]
        ),
        normals=np.concatenate([front.normals, rear.normals]),
        triangles=np.arange(6, dtype=np.int32).reshape(2, 3),
        colors=np.concatenate([front.colors, rear.colors]),
        mat=front.mat,
        dense=front.dense,
    )
    light = Light(specular=0.0)
    ahead = render(both, Camera(0.0, 0.0, 2.0, 2.0), light, SIZE)
    behind = render(both, Camera(np.pi, 0.0, 2.0, 2.0), light, SIZE)
    assert ahead[SIZE // 2, SIZE // 2, 0] > 150
    assert behind[SIZE // 2, SIZE // 2, 0] == 0


def test_light_comes_from_where_it_is_set() -> None:
    shape = generate("lamp", TEST_SEED)
    camera = frame_camera(shape.vertices, 0.0, 0.1, 2.0)
    right = render(shape, camera, Light(azimuth=1.4, fill=0.0), SIZE).astype(float)
    left = render(shape, camera, Light(azimuth=-1.4, fill=0.0), SIZE).astype(float)
    brighter = (right - left)[..., :3].sum(2)
    assert brighter[:, SIZE // 2 :].sum() > 0 > brighter[:, : SIZE // 2].sum()


def test_drawn_cameras_keep_to_their_ranges() -> None:
    shape, rng = generate("plane", 0), np.random.default_rng(0)
    cameras = [draw_camera(shape.vertices, rng) for _ in range(50)]
    elevations = np.degrees([c.elevation for c in cameras])
    assert elevations.min() >= -5
    assert elevations.max() <= 45
    assert {int(c.azimuth // (np.pi / 2)) for c in cameras} == {0, 1, 2, 3}
    assert all(1.6 <= c.distance <= 3.0 for c in cameras)


SMALL = BuildSettings(shapes=3, views=2, size=32, first_seed=TEST_SEED)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_build_that_is_killed_resumes_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_build, "CHUNK", 4)
    build_split(tmp_path / "whole", SMALL)
    calls: list[int] = []
    build_shape = dataset_build.build_shape

    def dies_at_the_seventh(index: int, settings: BuildSettings) -> dataset_build.Arrays:
        calls.append(index)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return build_shape(index, settings)

    monkeypatch.setattr(dataset_build, "build_shape", dies_at_the_seventh)
    with pytest.raises(KeyboardInterrupt):
        build_split(tmp_path / "resumed", SMALL)
    assert not (tmp_path / "resumed" / "categories.json").exists()
    build_split(tmp_path / "resumed", SMALL)
    assert calls == [0, 1, 2, 3, 4, 5, 6, *range(4, 12)]
    assert bytes_of(tmp_path / "resumed") == bytes_of(tmp_path / "whole")


def test_arrays_are_those_of_the_shapes(tmp_path: Path) -> None:
    build_split(tmp_path, SMALL)
    arrays = {name: np.load(tmp_path / f"{name}.npy") for name in SMALL.layout()}
    assert {n: (a.dtype.type, a.shape) for n, a in arrays.items()} == SMALL.layout()
    assert json.loads((tmp_path / "categories.json").read_text()) == list(CATEGORIES)
    assert arrays["category"].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    mat = generate("lamp", TEST_SEED + 1).mat
    row = 2 * 3 + 1
    assert np.array_equal(arrays["spheres"][row], mat.spheres)
    faces, edges = arrays["faces"][row], arrays["edges"][row]
    assert np.array_equal(faces[faces[:, 0] >= 0], mat.faces)
    assert np.array_equal(edges[edges[:, 0] >= 0], mat.edges)
    assert (faces[len(mat.faces) :] == -1).all()
    # the spheres, seen by the stored camera, lie in the picture's mask
    camera = Camera(*(float(value) for value in arrays["cameras"][row, 0]))
    uv, _ = camera.project(mat.centers)
    pixels = ((uv + 1) * SMALL.size / 2).astype(int)
    assert (arrays["images"][row, 0, pixels[:, 1], pixels[:, 0], 3] > 0).mean() > 0.9


def test_other_settings_are_refused(tmp_path: Path) -> None:
    build_split(tmp_path, BuildSettings(shapes=1, views=1, size=16))
    with pytest.raises(ValueError, match="other settings"):
        build_split(tmp_path, BuildSettings(shapes=1, views=2, size=16))


def test_contact_sheet_shows_pairs(tmp_path: Path) -> None:
    save_contact_sheet(tmp_path / "sheet.png", count=4, size=48)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (4 * 2 * 48, 48)
        tiles = np.asarray(sheet).reshape(48, 8, 48, 3)
    assert all((tiles[:, i] < 200).any() for i in range(8))
