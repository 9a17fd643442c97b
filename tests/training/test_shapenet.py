"""ShapeNet's layout: v1 and v2 folders and the public pictures, made small with the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from immat_core.errors import UserError
from training.corpus.generate import draw_model
from training.dataset.__main__ import main
from training.dataset.loader import read_shapes
from training.dataset.shapenet import (
    FARTHEST,
    FOCAL,
    camera_of_line,
    list_shapes,
    read_shape,
    read_views,
)
from training.pictures import make_model
from training.pictures.raster import visible

SYNSETS = {"chair": "03001627", "table": "04379243"}
LINES = ("200.5 25.1 0 0.92 25", "31.0 29.5 0 0.81 25")
SIDE = 137


def made(root: Path, version: str) -> tuple[Path, Path]:
    """A root of models and one of pictures with one model a category."""
    models, views = root / f"ShapeNetCore.{version}", root / "ShapeNetRendering"
    for category, synset in SYNSETS.items():
        model = draw_model(category, 2)
        name = f"{category}0123456789abcdef"
        folder = models / synset / name
        file = folder / ("model.obj" if version == "v1" else "models/model_normalized.obj")
        file.parent.mkdir(parents=True)
        # ShapeNet has Y up and the front toward -Z: ours is (-x, z, y) of theirs
        x, y, z = model.vertices.T
        theirs = np.stack([-x, z, y], 1)
        lines = [f"v {a:.6f} {b:.6f} {c:.6f}" for a, b, c in theirs]
        lines += [f"f {a} {b} {c}" for a, b, c in model.faces + 1]
        file.write_text("mtllib model.mtl\n" + "\n".join(lines) + "\n", encoding="ascii")
        rendering = views / synset / name / "rendering"
        rendering.mkdir(parents=True)
        (rendering / "rendering_metadata.txt").write_text("\n".join(LINES) + "\n", "ascii")
        (rendering / "renderings.txt").write_text("00.png\n01.png\n", "ascii")
        for number, line in enumerate(LINES):
            _, owner, _ = visible(
                make_model(model.vertices, model.faces).corners, camera_of_line(line), SIDE
            )
            mask = ((owner >= 0) * 255).astype(np.uint8)
            Image.fromarray(np.dstack([mask // 2] * 3 + [mask])).save(
                rendering / f"{number:02d}.png"
            )
    return models, views


def test_camera_is_that_of_the_public_pictures() -> None:
    """Against the formulas of Pixel2Mesh's loader, in its frame: Y up, camera at ``position``."""
    azimuth, elevation, distance = np.radians(200.5), np.radians(25.1), 0.92
    level = distance * FARTHEST * np.cos(elevation)
    theirs = np.array(
        [
            level * np.cos(azimuth),
            distance * FARTHEST * np.sin(elevation),
            level * np.sin(azimuth),
        ]
    )
    camera = camera_of_line(LINES[0])
    np.testing.assert_allclose(camera.position, [-theirs[0], theirs[2], theirs[1]], atol=1e-9)
    # their focal length is 248 pixels in pictures of 224 pixels
    assert pytest.approx(FOCAL, rel=0.02) == 2 * 248 / 224


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_models_are_found_and_turned_upright(tmp_path: Path, version: str) -> None:
    models, views = made(tmp_path, version)
    tasks = list_shapes(models, views)
    assert [task.category for task in tasks] == ["chair", "table"]
    for task in tasks:
        expected = draw_model(task.category, 2)
        shape = read_shape(task.base, task.category)
        assert len(shape.faces) == len(expected.faces)
        np.testing.assert_allclose(
            shape.vertices[shape.faces].mean(1),
            expected.vertices[expected.faces].mean(1),
            atol=1e-4,
        )
        pictures = read_views(task.base)
        assert len(pictures) == len(LINES)
        scene = make_model(shape.vertices, shape.faces)
        for picture in pictures:
            _, owner, _ = visible(scene.corners, picture.camera, SIDE)
            seen, mask = owner >= 0, picture.coverage > 127
            assert (seen & mask).sum() / (seen | mask).sum() > 0.98


def test_data_set_of_a_shapenet_folder(tmp_path: Path) -> None:
    models, views = made(tmp_path, "v1")
    folder = tmp_path / "out"
    arguments = ["shapenet", str(models), "--renderings", str(views), "--folder", str(folder)]
    assert main([*arguments, "--workers", "1"]) == 0
    found = [s for split in ("train", "val", "test") for s in read_shapes(folder, split)]
    assert {shape.category for shape in found} == set(SYNSETS)
    for shape in found:
        assert shape.images.shape == (len(LINES), SIDE, SIDE, 3)
        assert len(shape.spheres) == 256


def test_bad_folders_and_cameras_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model"):
        list_shapes(tmp_path)
    with pytest.raises(UserError, match="no camera"):
        camera_of_line("north 3")
    assert main(["shapenet", str(tmp_path), "--folder", str(tmp_path / "out")]) == 2
