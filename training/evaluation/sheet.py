"""A picture to look at: what was seen, what was predicted, what is true, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from immat_core.networks.config import NetworkConfig
from immat_core.topology import TopologyCandidates
from training.data import ShapeFolder

_COLUMNS = 4
"""Pictures side by side; each takes three panels."""


class Shown(Protocol):
    """What the sheet needs to know of a prediction."""

    @property
    def shape(self) -> int:
        """Row of the split."""

    @property
    def view(self) -> int:
        """View of the shape."""

    @property
    def stages(self) -> dict[str, NDArray[np.float32]]:
        """Spheres by stage."""

    @property
    def candidates(self) -> TopologyCandidates:
        """Topology of the last stage."""

    @property
    def direction(self) -> NDArray[np.float64]:
        """Azimuth, elevation, distance, roll."""


def write_sheet(
    path: Path, folder: ShapeFolder, predicted: Sequence[Shown], config: NetworkConfig
) -> None:
    """Draw a spread choice of predictions, each in the camera that it was predicted with.

    Parameters
    ----------
    path
        Of the PNG.
    folder
        The split that was predicted.
    predicted
        The predictions to choose from.
    config
        Gives the thresholds.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    chosen = [predicted[k] for k in _spread(folder, predicted)]
    rows = -(-len(chosen) // _COLUMNS)
    figure, axes = pyplot.subplots(
        rows, 3 * _COLUMNS, figsize=(3 * _COLUMNS * 1.6, rows * 1.6), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for k, one in enumerate(chosen):
        row, column = divmod(k, _COLUMNS)
        picture, guess, truth = axes[row, 3 * column : 3 * column + 3]
        picture.imshow(_on_gray(folder.images[one.shape, one.view]))
        spheres = one.stages["smoothed"]
        azimuth, elevation, distance, roll = one.direction
        camera = frame_camera(
            one.stages["initial"][:, :3],
            azimuth,
            elevation,
            distance,
            radii=one.stages["initial"][:, 3],
            roll=roll,
        )
        edges = one.candidates.edges[one.candidates.edge_probabilities >= config.edge_threshold]
        faces = one.candidates.faces[one.candidates.face_probabilities >= config.face_threshold]
        draw(guess, spheres, edges, faces, camera)
        true_edges, true_faces = folder.topology(one.shape)
        given = Camera(*map(float, folder.cameras[one.shape, one.view]))
        draw(truth, folder.spheres[one.shape], true_edges, true_faces, given)
    figure.subplots_adjust(0, 0, 1, 1, 0.02, 0.02)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def _spread(folder: ShapeFolder, predicted: Sequence[Shown], rows: int = 6) -> list[int]:
    """Indices such that each column of the sheet shows one category."""
    columns = []
    for category in range(len(folder.categories)):
        own = [k for k, one in enumerate(predicted) if folder.category[one.shape] == category]
        picks = np.linspace(0, len(own) - 1, min(rows, len(own))).astype(int)
        columns.append([own[p] for p in picks])
    return [column[k] for k in range(rows) for column in columns if k < len(column)]


def _on_gray(rgba: NDArray[np.uint8]) -> NDArray[np.float64]:
    alpha = rgba[..., 3:] / 255
    mixed: NDArray[np.float64] = rgba[..., :3] / 255 * alpha + 0.92 * (1 - alpha)
    return mixed


def draw(
    axis: Any,
    spheres: NDArray[np.float32],
    edges: NDArray[np.integer[Any]],
    faces: NDArray[np.integer[Any]],
    camera: Camera,
) -> None:
    """Draw (n, 4) spheres as discs, edges as lines and faces as triangles, far ones first."""
    from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection

    uv, depth = camera.project(spheres[:, :3])
    order = np.argsort(-depth)
    size = 2 * camera.focal * spheres[order, 3] / depth[order]
    axis.add_collection(
        PolyCollection(uv[faces], facecolors=(0.8, 0.2, 0.2, 0.25), edgecolors="none")
    )
    axis.add_collection(
        EllipseCollection(
            size,
            size,
            np.zeros(len(size)),
            units="x",
            offsets=uv[order],
            offset_transform=axis.transData,
            facecolors=(0.35, 0.6, 0.95, 0.45),
            edgecolors="none",
        )
    )
    axis.add_collection(LineCollection(uv[edges], colors=(0.1, 0.1, 0.3, 0.8), linewidths=0.5))
    axis.set(xlim=(-1.05, 1.05), ylim=(1.05, -1.05), aspect="equal")
