"""From a picture's path to a prediction: plain values in and out, safe in any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from immat_core.errors import Cancelled

if TYPE_CHECKING:
    from immat_core.engine import Engine
    from immat_core.image import Picture
    from immat_core.predict import Prediction, PredictSettings

    from .jobs import Progress

EngineKind = Literal["onnx", "torch"]


@dataclass(frozen=True)
class EngineSettings:
    """Which engine runs the networks, and on how many threads (0: as many as it likes)."""

    kind: EngineKind = "onnx"
    threads: int = 0


@dataclass(frozen=True)
class PredictRequest:
    """Everything that a prediction depends on."""

    picture: str
    mask: str
    settings: PredictSettings
    engine: EngineSettings


@dataclass(frozen=True)
class PredictResult:
    """What a prediction gave, the request that asked for it, and where the mask came from."""

    request: PredictRequest
    prediction: Prediction
    mask_source: str


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


def predict(
    request: PredictRequest, progress: Progress, should_cancel: Callable[[], bool]
) -> PredictResult:
    """Load, mask, run the networks; raises ``Cancelled`` and ``UserError``."""
    from immat_core.predict import ImageToMat

    progress(0.0, "Reading the picture")
    picture = load_masked_picture(request.picture, request.mask)
    if should_cancel():
        raise Cancelled
    progress(0.1, "Loading the networks")
    job = ImageToMat(engine(request.engine))
    if should_cancel():
        raise Cancelled
    progress(0.2, "Looking at the picture")
    job.set_image(picture)
    prediction = job.predict(
        request.settings,
        progress=lambda share, what: progress(0.3 + 0.7 * share, what),
        should_cancel=should_cancel,
    )
    return PredictResult(request, prediction, picture.source.value)


def forget() -> None:
    """Drop the loaded engine."""
    _engines.clear()
