"""The shipped networks on the example pictures: the main job as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from immat_core.image import crop, load_picture
from immat_core.ma_file import read_ma
from immat_core.predict import ImageToMat, Prediction, PredictSettings
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.checks import check_surface

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PICTURES = {
    "chair.png": ("chair", 0.6),
    "table.png": ("table", 0.6),
    "lamp.png": ("lamp", 0.6),
    "plane.png": ("plane", 0.5),
    "car.png": ("car", 0.6),
    "couch.png": ("couch", 0.6),
    "boat.png": ("boat", 0.6),
    "chair_photo.jpg": ("chair", 0.5),
}
CELLS = 48


@pytest.fixture(scope="module")
def model() -> ImageToMat:
    return ImageToMat()


def silhouette(surface: SurfaceMesh, prediction: Prediction) -> NDArray[np.bool_]:
    """(CELLS, CELLS): where the surface's vertices, which are closer than a cell, project to."""
    uv, _ = prediction.camera.project(surface.vertices)
    cells = np.floor((uv + 1) / 2 * CELLS).astype(int).clip(0, CELLS - 1)
    seen = np.zeros((CELLS, CELLS), bool)
    seen[cells[:, 1], cells[:, 0]] = True
    return seen


TAKEN_FOR_A_CHAIR = pytest.mark.xfail(
    reason="the corpus has hardly a lamp with as wide a shade, and the networks see a chair"
)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=TAKEN_FOR_A_CHAIR) if n == "lamp.png" else n for n in PICTURES]
)
def test_an_example_becomes_a_closed_surface_that_covers_its_picture(
    model: ImageToMat, name: str
) -> None:
    category, least_overlap = PICTURES[name]
    picture = load_picture(EXAMPLES / name)
    model.set_image(picture)
    prediction = model.predict()
    assert prediction.category == category
    mat = prediction.medial_mesh(PredictSettings())
    assert len(mat.radii) == 256
    surface = build_surface(mat, 1 / 128)
    report = check_surface(surface)
    assert report.closed
    assert report.manifold
    assert report.volume > 0
    mask = crop(picture, CELLS).image[3] > 0.3
    seen = silhouette(surface, prediction)
    overlap = (seen & mask).sum() / (seen | mask).sum()
    assert overlap > least_overlap


def test_every_sphere_of_the_chair_is_connected(model: ImageToMat) -> None:
    model.set_image(load_picture(EXAMPLES / "chair.png"))
    mat = model.predict().medial_mesh(PredictSettings())
    assert len(np.unique(mat.all_edges)) >= 250


def test_the_command_line_writes_what_the_library_predicts(
    model: ImageToMat, tmp_path: Path
) -> None:
    out, mat_file = tmp_path / "chair.glb", tmp_path / "chair.ma"
    picture = EXAMPLES / "chair.png"
    command = [sys.executable, "-m", "immat_core", "predict", str(picture), "-o", str(out)]
    done = subprocess.run(
        [*command, "--mat", str(mat_file), "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["mesh"]["closed"]
    assert report["mesh"]["manifold"]
    assert out.stat().st_size > 10_000
    model.set_image(load_picture(picture))
    expected = model.predict().medial_mesh(PredictSettings())
    written = read_ma(mat_file)
    np.testing.assert_allclose(written.centers, expected.centers, atol=1e-5)
    np.testing.assert_array_equal(written.faces, expected.faces)
