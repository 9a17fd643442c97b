"""Where the object of a photograph is likely to be, by a small network that was trained for it.

It looks twice: at the whole picture, and at the object that it found there with some room around,
which is how it was trained to see objects.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.weights import FOLDER

GRAPH = "foreground.onnx"
"""The network's file, beside the others."""
SIDE = 128
"""Pixels along each side of what the network sees, whatever the picture's shape."""

_ROOM = 0.12
_SURE = 0.5
_LOOK_AGAIN = 0.8
"""A box around the object of less than this share of a side of the picture is looked at again."""

Floats = NDArray[np.float32]
_lock = Lock()


def object_probability(rgb: NDArray[np.uint8]) -> Floats | None:
    """How likely each pixel is the object's.

    Parameters
    ----------
    rgb
        (h, w, 3) uint8, each side at least 8.

    Returns
    -------
    (h, w) float32 in 0..1; None where the network or ONNX Runtime is not there.
    """
    with _lock:
        session = _session(FOLDER / GRAPH)
    if session is None:
        return None
    found = _look(session, rgb)
    rows, columns = _box(found > _SURE)
    height, width = found.shape
    whole = max((rows.stop - rows.start) / height, (columns.stop - columns.start) / width)
    if 0 < whole < _LOOK_AGAIN:
        closer = np.zeros_like(found)
        closer[rows, columns] = _look(session, rgb[rows, columns])
        found = closer
    return found


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the box around a mask, with room; empty where the mask is."""
    sides = []
    for axis in (1, 0):
        found = np.flatnonzero(mask.any(axis))
        if not len(found):
            return slice(0, 0), slice(0, 0)
        sides.append((int(found[0]), int(found[-1]) + 1))
    room = round(_ROOM * max(high - low for low, high in sides)) + 2
    rows, columns = (
        slice(max(low - room, 0), min(high + room, size))
        for (low, high), size in zip(sides, mask.shape, strict=True)
    )
    return rows, columns


def _look(session: Any, rgb: NDArray[np.uint8]) -> Floats:
    """(h, w) float32 probabilities of a picture, squeezed to a square for the network."""
    from PIL import Image

    height, width = rgb.shape[:2]
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32) / 255
    image = np.ascontiguousarray(small.transpose(2, 0, 1)[None])
    (found,) = session.run(None, {"image": image})
    large = Image.fromarray(found[0]).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(large, np.float32)


@cache
def _session(path: Path) -> Any | None:
    try:
        import onnxruntime
    except ImportError:
        return None
    if not path.is_file():
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
