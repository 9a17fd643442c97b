"""The picture with its mask applied, as an icon for the panel."""

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
import bpy.utils.previews
import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError

from . import jobs, predicting

if TYPE_CHECKING:
    from immat_core.image import Picture

logger = logging.getLogger(__name__)

LONGEST_SIDE = 256
POLL_SECONDS = 0.1
MASKS = {
    "ALPHA": "The Picture's Transparency",
    "GIVEN": "The Given File",
    "BACKGROUND_REMOVED": "Background Removed",
}
"""What the panel says of a ``MaskSource``, by its name."""


@dataclass(frozen=True)
class Preview:
    """What the panel shows: an icon and where the mask came from, or why there is none."""

    loaded: bool
    message: str
    icon_id: int = 0


_previews: dict[tuple[str, str], Preview] = {}
_loaded: dict[tuple[str, str], "Picture | Exception"] = {}
_loading: set[tuple[str, str]] = set()
_icons: bpy.utils.previews.ImagePreviewCollection | None = None


def find(picture: str, mask: str) -> Preview | None:
    """The preview of a picture, or None while it is not loaded."""
    return _previews.get((picture, mask))


def request(picture: str, mask: str) -> None:
    """Load a picture's preview in a thread; background removal can take a second."""
    key = (picture, mask)
    _previews.pop(key, None)
    if not picture or key in _loading:
        return
    _loading.add(key)
    threading.Thread(target=_load, args=key, name="immat preview", daemon=True).start()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)


def add(picture: str, mask: str, loaded: "Picture") -> Preview:
    """Make the preview of a picture that is loaded already."""
    global _icons
    if _icons is None:
        _icons = bpy.utils.previews.new()
    pixels = preview_pixels(loaded.rgba)
    name = _icon_name(picture, mask)
    if name in _icons:
        del _icons[name]
    icon = _icons.new(name)
    icon.image_size = (pixels.shape[1], pixels.shape[0])
    icon.image_pixels_float.foreach_set(pixels.ravel())
    made = Preview(True, MASKS[loaded.source.name], icon.icon_id)
    _previews[picture, mask] = made
    return made


def icon(picture: str, mask: str) -> bpy.types.ImagePreview | None:
    """The icon of a picture that is loaded."""
    return _icons.get(_icon_name(picture, mask)) if _icons is not None else None


def _icon_name(picture: str, mask: str) -> str:
    return f"{picture}\n{mask}"


def preview_pixels(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shrink (h, w, 4) uint8 by whole steps to at most 256 a side, square, clear around.

    Returns (s, s, 4) float32 in 0..1, bottom row first, as Blender stores pictures.
    """
    step = max(1, -(-max(rgba.shape[:2]) // LONGEST_SIDE))
    small = rgba[::-step, ::step].astype(np.float32) / 255
    side = max(small.shape[:2])
    square = np.zeros((side, side, 4), np.float32)
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


def poll() -> float | None:
    """Turn what the threads loaded into icons; the timer's callback."""
    for key in list(_loaded):
        result = _loaded.pop(key)
        if isinstance(result, Exception):
            _previews[key] = Preview(False, str(result))
        else:
            add(*key, result)
        jobs.redraw()
    return POLL_SECONDS if _loading else None


def forget() -> None:
    """Drop all previews."""
    global _icons
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    if _icons is not None:
        bpy.utils.previews.remove(_icons)
        _icons = None
    _previews.clear()
    _loaded.clear()


def _load(picture: str, mask: str) -> None:
    try:
        _loaded[picture, mask] = predicting.load_masked_picture(picture, mask)
    except UserError as error:
        _loaded[picture, mask] = error
    except Exception as error:  # the boundary of the thread: shown in the panel
        logger.exception("preview failed")
        _loaded[picture, mask] = error
    finally:
        _loading.discard((picture, mask))
