"""Pictures: any file to straight RGBA whose alpha is the object's mask, and its square crop.

NumPy and Pillow alone, so that it works the same inside Blender.
"""

from __future__ import annotations

import enum
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import MARGIN
from immat_core.errors import UserError
from immat_core.medial_mesh import FloatArray

if TYPE_CHECKING:
    from PIL import Image

ByteArray = NDArray[np.uint8]

MAX_PIXELS = 100_000_000
"""Larger pictures are refused from their header, before anything is decoded."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is read; Pillow's other readers are left out (one of them runs another program)."""

_FAINTEST = 8
_ORIENTATION_TAG = 0x0112


class MaskSource(enum.Enum):
    """Where a picture's mask came from."""

    ALPHA = "alpha"
    GIVEN = "given"
    BACKGROUND_REMOVED = "background removed"


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture and its object's mask.

    Attributes
    ----------
    rgba
        (h, w, 4) uint8, straight (not premultiplied) colour, and the mask as alpha. Never empty:
        there is at least one pixel of the object.
    source
        Where the mask came from.
    path
        The file's name as it was given, or another name for messages.
    """

    rgba: ByteArray
    source: MaskSource
    path: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgba.shape[1], self.rgba.shape[0]


@dataclass(frozen=True, eq=False)
class Crop:
    """A square cut-out around the object, the network's input.

    Attributes
    ----------
    image
        (4, size, size) float32 in 0..1: red, green, blue premultiplied by alpha, then alpha.
    box
        Left, top and side of the square in picture pixels; may reach beyond the picture.
    """

    image: FloatArray
    box: tuple[float, float, float]

    def to_pixels(self, uv: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Camera coordinates (n, 2) in -1..1 to picture pixels (n, 2) float64, x then y.

        Pixel (0, 0) covers 0..1 both ways, so its middle is at 0.5.
        """
        left, top, side = self.box
        pixels: NDArray[np.float64] = (np.asarray(uv, np.float64) + 1) * (side / 2) + [left, top]
        return pixels


def load_picture(path: str | Path, mask: str | Path | None = None) -> Picture:
    """Read a picture and find its object.

    The mask is the picture's alpha if it has one that is not the same everywhere; else the given
    mask file; else what remains when the background is taken away
    (:func:`immat_core.background.remove_background`). Of animations the first frame is taken, and a
    camera's rotation mark (EXIF) is applied to the picture and to the mask.

    Parameters
    ----------
    path
        PNG, JPEG, WebP, GIF, BMP or TIFF of any mode and size up to 100 megapixels.
    mask
        A picture of the same size, brighter than middle grey (or opaque, if it has alpha) where
        the object is.

    Raises
    ------
    UserError
        When a file is missing, a folder, empty, unreadable, cut short or too large; when the
        sizes differ; when no object is found.
    """
    rgba = _read(path)
    given = None if mask is None else _read(mask)
    return _with_mask(rgba, None if given is None else _mask_of(given), str(path))


def picture_from_array(
    pixels: ByteArray, mask: NDArray[np.bool_] | ByteArray | None = None, name: str = "array"
) -> Picture:
    """A picture from memory: the mask is found as in :func:`load_picture`.

    Parameters
    ----------
    pixels
        (h, w, 3) or (h, w, 4) uint8, straight alpha.
    mask
        (h, w) bool, or uint8 from 0 (background) to 255.

    Raises
    ------
    UserError
        When the sizes differ or no object is found.
    ValueError
        For another shape or type of ``pixels``.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8:
        raise ValueError(f"(h, w, 3 or 4) uint8 needed, not {pixels.shape} {pixels.dtype}")
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    if mask is None:
        return _with_mask(pixels, None, name)
    scale = 255 if mask.dtype == np.bool_ else 1
    return _with_mask(pixels, (mask * np.uint8(scale)).astype(np.uint8), name)


def crop(picture: Picture, size: int) -> Crop:
    """Cut out the square around the object and scale it to the network's input.

    The box of the mask (alpha of at least half its maximum) is centred; ``camera.MARGIN`` of the
    square is free beyond each end of its longer side, which is how ``camera.frame_camera`` frames
    a shape. Beyond the picture all is transparent. Colours are averaged premultiplied, over the
    area of each new pixel, or linearly between pixels where the crop is enlarged.

    Parameters
    ----------
    size
        Width and height of the crop in pixels.
    """
    left, top, right, bottom = mask_box(picture.rgba[..., 3])
    side = max(right - left, bottom - top) / (1 - 2 * MARGIN)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    width, height = picture.size
    columns, across = _resampling(x, side, size, width)
    rows, down = _resampling(y, side, size, height)
    result = np.zeros((size, size, 4), np.float32)
    # In strips, so that a picture of 100 megapixels is never held as floats.
    for first in range(rows.start, rows.stop, 256):
        strip = range(first, min(first + 256, rows.stop))
        pixels = picture.rgba[first : strip.stop, columns.start : columns.stop]
        straight = pixels.astype(np.float32) / 255
        straight[..., :3] *= straight[..., 3:]
        weights = down[:, first - rows.start : strip.stop - rows.start]
        result += np.tensordot(weights, across @ straight, 1)
    return Crop(np.ascontiguousarray(result.transpose(2, 0, 1)), (x, y, side))


def mask_box(alpha: ByteArray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (the last two exclusive) of the pixels that are the object's.

    Those are the pixels of at least half the greatest alpha, so that haze does not widen the box.
    """
    solid = alpha >= max(int(alpha.max()) / 2, 1)
    columns, rows = np.flatnonzero(solid.any(0)), np.flatnonzero(solid.any(1))
    if not len(columns):
        raise ValueError("an empty mask has no box")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _resampling(start: float, side: float, size: int, length: int) -> tuple[range, FloatArray]:
    """The source pixels under a crop's axis and the (size, source pixels) weights of each."""
    step = side / size
    reach = max(step, 1.0)
    first = max(int(np.floor(start - reach)), 0)
    last = min(int(np.ceil(start + side + reach)), length)
    source = range(first, max(last, first))
    middles = start + step * (np.arange(size)[:, None] + 0.5)
    pixels = np.array(source, np.float64)[None, :]
    if step >= 1:
        low, high = (
            np.maximum(middles - step / 2, pixels),
            np.minimum(middles + step / 2, pixels + 1),
        )
        weights = np.maximum(high - low, 0) / step
    else:
        weights = np.maximum(1 - np.abs(middles - pixels - 0.5), 0)
    return source, weights.astype(np.float32)


def _with_mask(rgba: ByteArray, mask: ByteArray | None, name: str) -> Picture:
    """Choose the mask, put it into alpha, and check that it holds something."""
    from immat_core.background import remove_background

    alpha = rgba[..., 3]
    if mask is not None and mask.shape != alpha.shape:
        raise UserError(
            f"the mask of {name} is {mask.shape[1]} x {mask.shape[0]} pixels and the picture "
            f"{alpha.shape[1]} x {alpha.shape[0]}",
            "Give a mask of the picture's own size",
        )
    if alpha.min() != alpha.max():
        source, chosen = MaskSource.ALPHA, alpha
    elif mask is not None:
        source, chosen = MaskSource.GIVEN, mask
    elif alpha.max() == 0:
        source, chosen = MaskSource.ALPHA, alpha
    else:
        source, chosen = MaskSource.BACKGROUND_REMOVED, remove_background(rgba[..., :3], name)
    if chosen.max() < _FAINTEST:
        raise UserError(
            f"nothing was found in {name}: its mask is empty",
            "Give a picture or a mask that shows the object",
        )
    return Picture(np.dstack([rgba[..., :3], chosen]), source, name)


def _mask_of(rgba: ByteArray) -> ByteArray:
    """(h, w) uint8, 0 or 255: the object in a mask file, by its alpha if it has one."""
    alpha = rgba[..., 3]
    if alpha.min() != alpha.max():
        return np.where(alpha >= 128, 255, 0).astype(np.uint8)
    luma = rgba[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.where(luma >= 127.5, 255, 0).astype(np.uint8)


def _read(path: str | Path) -> ByteArray:
    """Decode a file's first frame to (h, w, 4) uint8, turned upright."""
    from PIL import Image, UnidentifiedImageError

    file = Path(path)
    _check_file(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(file, formats=FORMATS)
        with opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise _too_large(file, f"{opened.width} x {opened.height} pixels")
            opened.load()
            return _upright(_to_rgba(opened), _orientation(opened))
    except Image.DecompressionBombError:
        raise _too_large(file, "far over 100 megapixels") from None
    except UnidentifiedImageError:
        raise UserError(
            f"{file} is not a picture that can be read", "Use a PNG, JPEG or WebP file"
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError) as error:
        # Pillow's readers raise any of these for damaged files.
        raise UserError(
            f"{file} is damaged or cut short ({_one_line(error)})", "Save or download it again"
        ) from None


def _check_file(file: Path) -> None:
    try:
        if file.is_dir():
            raise UserError(f"{file} is a folder", "Name a picture in it")
        if not file.exists():
            raise UserError(f"{file} does not exist", "Check the name of the picture")
        if file.is_file() and file.stat().st_size == 0:
            raise UserError(f"{file} is empty (0 bytes)", "Save or download it again")
        with file.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise UserError(
            f"{file} cannot be opened ({_one_line(error)})", "Check its name and permissions"
        ) from None


def _too_large(file: Path, size: str) -> UserError:
    return UserError(f"{file} is too large ({size})", "Scale it to at most 100 megapixels")


def _one_line(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error):
        # A damaged note about the camera is no reason to refuse the picture.
        return 1


def _upright(pixels: ByteArray, orientation: int) -> ByteArray:
    """Undo a camera's rotation: EXIF 2.3, table "Orientation", values 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _to_rgba(image: Image.Image) -> ByteArray:
    """Any Pillow mode to (h, w, 4) uint8."""
    if image.mode.startswith(("I", "F")):
        return _deep_grey(image)
    transparency = image.info.get("transparency")
    if isinstance(transparency, tuple) and max(transparency) > 255:
        # A 16-bit colour key; Pillow keeps the upper bytes of the pixels.
        image.info["transparency"] = tuple(value >> 8 for value in transparency)
    if image.mode in ("CMYK", "YCbCr", "HSV", "LAB"):
        image = image.convert("RGB")
    return np.array(image.convert("RGBA"), np.uint8)


def _deep_grey(image: Image.Image) -> ByteArray:
    """Grey of 16 or 32 bits or floats to RGBA: 65535, or 1.0 of a float, is white."""
    values = np.asarray(image, np.float64)
    finite = np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=0.0)
    white = 65535.0
    if image.mode == "F":
        white = 1.0 if finite.max() <= 1 else 255.0
    grey = np.round(np.clip(finite / white, 0, 1) * 255).astype(np.uint8)
    key = image.info.get("transparency")
    alpha = np.where(values == key, 0, 255) if isinstance(key, int) else np.full(grey.shape, 255)
    return np.dstack([grey, grey, grey, alpha.astype(np.uint8)])
