"""From a picture's path to a prediction: plain values in and out, safe in any thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from immat_core.errors import Cancelled
from immat_core.medial_mesh import MedialMesh

if TYPE_CHECKING:
    from immat_core.engine import Engine
    from immat_core.image import Picture
    from immat_core.predict import Prediction, PredictSettings
    from immat_core.surface import SurfaceMesh

    from .jobs import Progress

DIVISIONS = 128
"""Voxels along the diagonal of a new MAT."""

EngineKind = Literal["onnx", "torch"]


@dataclass(frozen=True)
class EngineSettings:
    """Which engine runs the networks, and on how many threads (0: as many as it likes)."""

    kind: EngineKind = "onnx"
    threads: int = 0


@dataclass(frozen=True)
class PredictRequest:
    """Everything that a prediction depends on.

    ``size`` is the diagonal that the object is to have, ``voxel`` a share of it.
    """

    picture: str
    mask: str
    settings: PredictSettings
    engine: EngineSettings
    size: float = 1.0
    voxel: float = 1 / DIVISIONS


@dataclass(frozen=True)
class PredictResult:
    """What a prediction gave, in Blender's units, and the request that asked for it."""

    request: PredictRequest
    prediction: Prediction
    mat: MedialMesh
    surface: SurfaceMesh
    mask_source: str
    seconds: dict[str, float]


_engines: dict[EngineSettings, Engine] = {}


def load_masked_picture(picture: str, mask: str = "") -> Picture:
    """The picture with its mask as alpha; raises ``UserError`` for anything unreadable."""
    from immat_core.image import load_picture

    return load_picture(picture, mask or None)


def engine(settings: EngineSettings) -> Engine:
    """The engine, loaded once a process for the same settings."""
    if settings not in _engines:
        from immat_core.engine import OnnxEngine, load_engine

        _engines.clear()
        if settings.kind == "onnx":
            _engines[settings] = OnnxEngine(threads=settings.threads or None)
        else:
            _engines[settings] = load_engine(settings.kind)
    return _engines[settings]


def run_networks(
    request: PredictRequest, progress: Progress, should_cancel: Callable[[], bool]
) -> tuple[Prediction, str]:
    """Load, mask, run the networks; returns the prediction and where the mask came from."""
    from immat_core.predict import ImageToMat

    progress(0.0, "Reading the picture")
    picture = load_masked_picture(request.picture, request.mask)
    _stop_if(should_cancel)
    progress(0.1, "Loading the networks")
    model = ImageToMat(engine(request.engine))
    _stop_if(should_cancel)
    progress(0.2, "Looking at the picture")
    model.set_image(picture)
    prediction = model.predict(
        request.settings,
        progress=lambda share, what: progress(0.3 + 0.5 * share, what.capitalize()),
        should_cancel=should_cancel,
    )
    return prediction, picture.source.value


def predict(
    request: PredictRequest, progress: Progress, should_cancel: Callable[[], bool]
) -> PredictResult:
    """From a picture to a surface; raises ``Cancelled`` and ``UserError``."""
    from immat_core.surface import build_surface

    prediction, mask_source = run_networks(request, progress, should_cancel)
    _stop_if(should_cancel)
    progress(0.8, "Building the surface")
    mat = blender_mat(prediction.medial_mesh(request.settings), request.size)
    # As Blender keeps it, so that the same surface comes of it later.
    voxel = float(np.float32(request.voxel * request.size))
    started = time.perf_counter()
    surface = build_surface(mat, voxel, quads=False, should_cancel=should_cancel)
    seconds = {**prediction.seconds, "surface": time.perf_counter() - started}
    return PredictResult(request, prediction, mat, surface, mask_source, seconds)


def blender_mat(mat: MedialMesh, size: float) -> MedialMesh:
    """A MAT as it reads back from Blender: ``size`` times as large, faces' sides as edges."""
    return MedialMesh(mat.centers * size, mat.radii * size, mat.all_edges, mat.faces)


def _stop_if(should_cancel: Callable[[], bool]) -> None:
    if should_cancel():
        raise Cancelled


def forget() -> None:
    """Drop the loaded engine."""
    _engines.clear()
