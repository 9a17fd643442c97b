"""How near the camera's search comes to the truth, and what the fit to a mask gains.

    python benchmarks/camera_and_mask.py data/small/64/test --pictures 40

The folder is a split as `python -m training.dataset cache` writes it. Three things are measured, on
rendered pictures without background: the search with the true shape and a jittered true camera
(azimuth 20 degrees, elevation 6, distance a fifth, each a standard deviation); the fit of true
medial meshes that were bent, with noise on their radii; and both with what the shipped networks
predict, for pictures of the kinds that these know. Printed as Markdown; CPU time, so that a busy
computer does not matter.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is found only now

from immat_core.camera import Camera, frame_camera
from immat_core.camera_search import search_camera
from immat_core.engine import load_engine
from immat_core.image import Crop
from immat_core.mask_fit import fit_to_mask
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.pose_head import PoseCandidate
from immat_core.predict import ImageToMat, PredictSettings
from immat_core.size_and_place import SMALLEST_RADIUS
from training.data import ShapeFolder, open_folder

JITTER = np.radians(20), np.radians(6), 0.2
"""Standard deviations of azimuth, elevation and the logarithm of the distance."""
BEND, NOISE = 0.05, 0.15
"""Of a disturbed medial mesh: the displacement's greatest length, the logarithm of the radii."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture: premultiplied (S, S, 4) float32, its camera, its shape."""

    picture: FloatArray
    camera: Camera
    mat: MedialMesh
    dense: FloatArray
    kind: str

    @property
    def alpha(self) -> FloatArray:
        """(S, S), 0..1."""
        return self.picture[..., 3]


def views(folder: ShapeFolder, count: int, kinds: tuple[str, ...], seed: int = 0) -> Iterator[View]:
    """Random pictures without background of shapes of the given kinds."""
    rng = np.random.default_rng(seed)
    names = [folder.categories[k] for k in folder.category]
    shapes = [k for k, name in enumerate(names) if name in kinds]
    photos = np.load(Path(folder.images.filename).parent / "photos.npy")  # type: ignore[attr-defined]
    for _ in range(count if shapes else 0):
        shape = int(rng.choice(shapes))
        view = int(rng.choice(np.flatnonzero(~photos[shape])))
        picture = folder.images[shape, view].astype(np.float32) / 255
        picture[..., :3] *= picture[..., 3:]
        spheres = folder.spheres[shape]
        radii = np.maximum(spheres[:, 3], SMALLEST_RADIUS)
        edges, faces = (rows.astype(np.int32) for rows in folder.topology(shape))
        mat = MedialMesh(spheres[:, :3], radii, edges, faces)
        camera = Camera(*map(float, folder.cameras[shape, view]))
        yield View(picture, camera, mat, np.asarray(folder.dense[shape]), names[shape])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=40)
    arguments = parser.parse_args()
    folder = open_folder(arguments.folder)
    print("| search, true shapes | median | mean | 90% below |\n|---|---|---|---|")
    found = np.array([_searched(v, k) for k, v in _each(folder, arguments.pictures)])
    names = ("azimuth given", "azimuth found", "elevation given", "elevation found", "CPU ms")
    _print_rows(names, found)
    print("\n| fit, disturbed true shapes | median | mean | 90% below |\n|---|---|---|---|")
    bent = np.array([_bent(v, k) for k, v in _each(folder, arguments.pictures)])
    names = ("overlap before", "overlap after", "CD before", "CD after", "CPU s")
    _print_rows(names, bent)
    engine = load_engine()
    model, kinds = ImageToMat(engine), engine.config.categories
    guessed = np.array(
        [_predicted(v, model) for v in views(folder, arguments.pictures, kinds)]
    ).reshape(-1, 7)
    print("\n| predictions | median | mean | 90% below |\n|---|---|---|---|")
    _print_rows(("azimuth", "elevation", *names), guessed)


def _each(folder: ShapeFolder, count: int) -> Iterator[tuple[int, View]]:
    return enumerate(views(folder, count, folder.categories))


def _print_rows(names: tuple[str, ...], values: NDArray[np.float64]) -> None:
    for name, column in zip(names, values.T, strict=True):
        numbers = np.median(column), column.mean(), np.quantile(column, 0.9)
        print(f"| {name} |", " | ".join(f"{number:.3g}" for number in numbers), "|", flush=True)


def _searched(view: View, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng([seed, 1])
    azimuth, elevation, distance = rng.normal(0, JITTER)
    true = view.camera
    guess = PoseCandidate(
        true.azimuth + azimuth, true.elevation + elevation, true.distance * np.exp(distance), 1.0
    )
    began = time.process_time()
    found = search_camera([guess], view.mat.spheres, view.dense, view.alpha)
    spent = time.process_time() - began
    angles = (azimuth, _turn(found, true), elevation, found.elevation - true.elevation)
    return *(abs(float(np.degrees(angle))) for angle in angles), 1000 * spent


def _bent(view: View, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng([seed, 2])
    mat, true = view.mat, view.camera
    # Waves of the distance from the mirror's plane: the bent shape is as symmetric as the true one.
    place = mat.centers * [0.0, 1, 1] + np.abs(mat.centers) * [1.0, 0, 0]
    waves = np.sin(place @ rng.normal(0, 3, (3, 3)) + rng.uniform(0, 2 * np.pi, 3))
    waves[:, 0] *= np.tanh(mat.centers[:, 0] / 0.05)
    radii = mat.radii * np.exp(rng.normal(0, NOISE, len(mat.radii)))
    centers = (mat.centers + BEND * waves).astype(np.float32)
    start = MedialMesh(centers, radii.astype(np.float32), mat.edges, mat.faces)
    azimuth, elevation = rng.normal(0, (0.05, 0.03))
    camera = frame_camera(
        centers, true.azimuth + azimuth, true.elevation + elevation, true.distance, radii=radii
    )
    return _fitted(start, replace(camera, roll=0.0), view)


def _predicted(view: View, model: ImageToMat) -> tuple[float, ...]:
    size = len(view.picture)
    cut = Crop(np.ascontiguousarray(view.picture.transpose(2, 0, 1)), (0.0, 0.0, float(size)))
    model.set_crop(cut, (size, size))
    prediction = model.predict()
    camera, true = prediction.camera, view.camera
    turn = _turn(camera, true)
    if view.kind in ("table", "lamp"):
        turn = (turn + np.pi / 2) % np.pi - np.pi / 2
    angles = (turn, camera.elevation - true.elevation)
    errors = (abs(float(np.degrees(angle))) for angle in angles)
    return *errors, *_fitted(prediction.medial_mesh(PredictSettings()), camera, view)


def _fitted(start: MedialMesh, camera: Camera, view: View) -> tuple[float, ...]:
    began = time.process_time()
    fit = fit_to_mask(start, camera, view.alpha)
    spent = time.process_time() - began
    distances = (chamfer_distance(m.centers, view.mat.centers) for m in (start, fit.mat))
    return fit.iou_before, fit.iou_after, *(1000 * d for d in distances), spent


def chamfer_distance(first: FloatArray, second: FloatArray) -> float:
    """Mean of the two directed mean distances of (n, 3) and (m, 3) centres."""
    apart = np.linalg.norm(first[:, None].astype(np.float64) - second[None], axis=2)
    return float(apart.min(0).mean() + apart.min(1).mean()) / 2


def _turn(found: Camera, true: Camera) -> float:
    return float((found.azimuth - true.azimuth + np.pi) % (2 * np.pi) - np.pi)


if __name__ == "__main__":
    main()
