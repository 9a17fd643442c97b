"""Pictures of every kind, their masks, their crops, and the sentence that each bad one gets."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from immat_core.camera import MARGIN, Camera, frame_camera
from immat_core.errors import UserError
from immat_core.image import (
    MAX_PIXELS,
    MaskSource,
    crop,
    load_picture,
    mask_box,
    picture_from_array,
)

BOX = (slice(10, 40), slice(20, 70))


@pytest.fixture
def rgba() -> NDArray[np.uint8]:
    """A box of four colors on transparency, 60 x 90."""
    pixels = np.zeros((60, 90, 4), np.uint8)
    pixels[BOX] = (200, 60, 20, 255)
    pixels[10:25, 20:45, :3] = (10, 200, 60)
    pixels[25:40, 45:70, :3] = (40, 60, 220)
    return pixels


@pytest.fixture
def mask_file(tmp_path: Path) -> Path:
    """A mask of the box."""
    mask = np.zeros((60, 90), np.uint8)
    mask[BOX] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def alpha_box(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    return mask_box(alpha)


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff"])
def test_alpha_is_the_mask_and_colors_survive(
    tmp_path: Path, rgba: NDArray[np.uint8], suffix: str
) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(rgba).save(path, **({"lossless": True} if suffix == "webp" else {}))
    picture = load_picture(path)
    assert picture.source is MaskSource.ALPHA
    assert picture.size == (90, 60)
    np.testing.assert_array_equal(picture.rgba[..., 3], rgba[..., 3])
    np.testing.assert_array_equal(picture.rgba[BOX], rgba[BOX])


def _palette(image: Image.Image) -> Image.Image:
    small = image.convert("RGB").quantize(5)
    colors = np.asarray(small)
    small.info["transparency"] = int(colors[0, 0])
    return small


MODES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey and alpha": lambda image: image.convert("LA"),
    "palette with transparency": _palette,
    "palette": lambda image: image.convert("RGB").quantize(5),
    "color": lambda image: image.convert("RGB"),
    "grey": lambda image: image.convert("L"),
    "one bit": lambda image: image.convert("1"),
    "16-bit grey": lambda image: Image.fromarray(
        np.asarray(image.convert("L")).astype(np.uint16) * 257
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(tmp_path: Path, rgba: NDArray[np.uint8], mask_file: Path, mode: str) -> None:
    image = MODES[mode](Image.fromarray(rgba))
    options = {"transparency": image.info["transparency"]} if "with" in mode else {}
    image.save(tmp_path / "picture.png", **options)
    picture = load_picture(tmp_path / "picture.png", mask_file)
    has_alpha = mode in ("grey and alpha", "palette with transparency")
    assert picture.source is (MaskSource.ALPHA if has_alpha else MaskSource.GIVEN)
    np.testing.assert_array_equal(picture.rgba[..., 3] >= 128, rgba[..., 3] >= 128)
    expected = np.asarray(image.convert("L" if "16" in mode else "RGB"), np.float64)
    if "16" in mode:
        expected = np.asarray(Image.fromarray(rgba).convert("L"), np.float64)
    given = picture.rgba[..., :3].astype(np.float64)
    assert np.abs(given[BOX] - expected.reshape(60, 90, -1)[BOX]).max() <= 1


def _png(width: int, height: int, depth: int, kind: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG made by hand, for modes that Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colors_keep_their_scale(
    tmp_path: Path, rgba: NDArray[np.uint8], mask_file: Path, kind: int, channels: int
) -> None:
    deep = rgba.astype(np.uint16) * 257
    deep = {2: deep[..., :3], 4: deep[..., [0, 3]], 6: deep}[kind]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    (tmp_path / "deep.png").write_bytes(_png(90, 60, 16, kind, rows))
    picture = load_picture(tmp_path / "deep.png", mask_file)
    expected = rgba[..., :3] if channels > 2 else np.repeat(rgba[..., :1], 3, axis=2)
    assert np.abs(picture.rgba[BOX][..., :3].astype(int) - expected[BOX].astype(int)).max() <= 1
    assert picture.source is (MaskSource.GIVEN if kind == 2 else MaskSource.ALPHA)


def test_cmyk(tmp_path: Path, rgba: NDArray[np.uint8], mask_file: Path) -> None:
    Image.fromarray(rgba).convert("RGB").convert("CMYK").save(tmp_path / "p.jpg", quality=98)
    picture = load_picture(tmp_path / "p.jpg", mask_file)
    assert np.abs(picture.rgba[15, 30, :3].astype(int) - [10, 200, 60]).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_any_way_gives_the_same_picture(
    tmp_path: Path, rgba: NDArray[np.uint8], mask_file: Path, orientation: int
) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(rgba).convert("RGB")
    stored = image if orientation == 1 else image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "p.jpg", quality=98, subsampling=0, exif=exif)
    picture = load_picture(tmp_path / "p.jpg", mask_file)
    assert picture.size == (90, 60)
    middle = picture.rgba[12:38, 22:68, :3].astype(int)
    assert np.abs(middle - rgba[12:38, 22:68, :3].astype(int)).mean() < 4


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_the_first_frame_of_an_animation(
    tmp_path: Path, rgba: NDArray[np.uint8], suffix: str
) -> None:
    frames = [Image.fromarray(rgba), Image.fromarray(255 - rgba)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"p.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    picture = load_picture(path)
    np.testing.assert_array_equal(picture.rgba[..., 3], rgba[..., 3])
    assert np.abs(picture.rgba[BOX].astype(int) - rgba[BOX].astype(int)).max() <= 8


def test_a_mask_may_be_alpha_or_grey_of_any_depth(
    tmp_path: Path, rgba: NDArray[np.uint8], mask_file: Path
) -> None:
    plain = tmp_path / "p.png"
    Image.fromarray(rgba).convert("RGB").save(plain)
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    deep = np.where(rgba[..., 3] > 0, 50000, 9000).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(rgba[..., 3]).convert("1").save(tmp_path / "bit.png")
    for name in ("alpha.png", "deep.png", "bit.png", mask_file.name):
        picture = load_picture(plain, tmp_path / name)
        assert picture.source is MaskSource.GIVEN
        np.testing.assert_array_equal(picture.rgba[..., 3], rgba[..., 3])


def test_constant_alpha_is_no_mask(rgba: NDArray[np.uint8]) -> None:
    rgba[..., 3] = 77
    picture = picture_from_array(rgba, np.asarray(rgba[..., 0] > 0))
    assert picture.source is MaskSource.GIVEN
    assert alpha_box(picture.rgba[..., 3]) == (20, 10, 70, 40)


def _huge_header(tmp_path: Path, width: int, height: int) -> Path:
    path = tmp_path / "huge.png"
    path.write_bytes(_png(width, height, 8, 6, b""))
    return path


def bad_files(tmp_path: Path, rgba: NDArray[np.uint8]) -> dict[str, tuple[Path, str]]:
    """Name -> file, and what its message must say."""
    good = tmp_path / "good.png"
    noisy = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    Image.fromarray(noisy).save(good)
    files = {name: tmp_path / f"{name}.png" for name in ("empty", "cut", "text", "clear", "plain")}
    files["empty"].write_bytes(b"")
    files["cut"].write_bytes(good.read_bytes()[:5000])
    files["text"].write_text("not a picture")
    Image.fromarray(np.zeros_like(rgba)).save(files["clear"])
    Image.fromarray(np.full((60, 90, 3), 128, np.uint8)).save(files["plain"])
    jpeg = tmp_path / "cut.jpg"
    Image.fromarray(noisy).save(jpeg)
    jpeg.write_bytes(jpeg.read_bytes()[:3000])
    return {
        "missing": (tmp_path / "missing.png", "does not exist"),
        "a folder": (tmp_path, "is a folder"),
        "empty": (files["empty"], "is empty"),
        "cut": (files["cut"], "damaged or cut short"),
        "a cut JPEG": (jpeg, "damaged or cut short"),
        "text": (files["text"], "is not a picture"),
        "transparent": (files["clear"], "nothing was found"),
        "one color": (files["plain"], "could not be told from the background"),
        "large": (_huge_header(tmp_path, 10_001, 10_000), "too large"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "missing",
        "a folder",
        "empty",
        "cut",
        "a cut JPEG",
        "text",
        "transparent",
        "one color",
        "large",
    ],
)
def test_bad_pictures_get_one_clear_sentence(
    tmp_path: Path, rgba: NDArray[np.uint8], name: str
) -> None:
    path, says = bad_files(tmp_path, rgba)[name]
    with pytest.raises(UserError, match=says) as caught:
        load_picture(path)
    assert caught.value.fix
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("side", [10_001, 14_000, 60_000])
def test_huge_pictures_are_refused_by_their_header(tmp_path: Path, side: int) -> None:
    # Beyond Pillow's own limit as well; the files hold no pixels, so decoding would say "cut".
    with pytest.raises(UserError, match="100 megapixels"):
        load_picture(_huge_header(tmp_path, side, side))


def test_100_megapixels_are_not_refused_for_their_size(tmp_path: Path) -> None:
    assert MAX_PIXELS == 10_000 * 10_000
    with pytest.raises(UserError, match="cut short"):
        load_picture(_huge_header(tmp_path, 10_000, 10_000))


def test_a_mask_must_fit(tmp_path: Path, rgba: NDArray[np.uint8]) -> None:
    with pytest.raises(UserError, match="40 x 30 pixels and the picture 90 x 60"):
        picture_from_array(rgba[..., :3], np.ones((30, 40), np.bool_))
    with pytest.raises(UserError, match="nothing was found"):
        picture_from_array(rgba[..., :3], np.zeros((60, 90), np.bool_))


def disc(height: int, width: int, x: float, y: float, radius: float) -> NDArray[np.uint8]:
    """An opaque antialiased disc."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    alpha = np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1)
    color = np.broadcast_to(np.array([200, 100, 50]), (height, width, 3))
    return np.dstack([color, np.round(alpha * 255)]).astype(np.uint8)


@pytest.mark.parametrize("size", [64, 224])
@pytest.mark.parametrize(("x", "y", "radius"), [(350, 260, 180), (30, 520, 100), (300, 300, 20)])
def test_a_disc_spans_the_crop_but_for_its_margins(
    size: int, x: float, y: float, radius: float
) -> None:
    cut = crop(picture_from_array(disc(600, 700, x, y, radius)), size)
    alpha = cut.image[3]
    left, top, right, bottom = max(x - radius, 0), y - radius, x + radius, min(y + radius, 600)
    # An antialiased disc's box is known to half a pixel of the picture.
    tolerance = size / cut.box[2] * 0.6
    spans = np.array([alpha.max(0).sum(), alpha.max(1).sum()])
    longer = max(right - left, bottom - top)
    expected = np.array([right - left, bottom - top]) / longer * (1 - 2 * MARGIN) * size
    # A curved rim covers its outermost pixels only in part.
    assert (spans <= expected + 2 * tolerance).all()
    assert (spans >= expected - 2 * tolerance - 1.5).all()
    weights = alpha.sum(0), alpha.sum(1)
    if right < 700 and left > 0 and bottom < 600:
        for weight in weights:
            middle = (weight * (np.arange(size) + 0.5)).sum() / weight.sum()
            assert middle == pytest.approx(size / 2, abs=tolerance)


def test_a_box_is_framed_to_the_pixel_and_premultiplied() -> None:
    pixels = np.zeros((500, 400, 4), np.uint8)
    pixels[100:310, 150:250] = (200, 100, 50, 255)
    cut = crop(picture_from_array(pixels), 100)
    assert cut.image.shape == (4, 100, 100)
    assert cut.image.dtype == np.float32
    assert cut.box == pytest.approx((75, 80, 250))
    expected = np.zeros((100, 100))
    expected[8:92, 30:70] = 1
    np.testing.assert_allclose(cut.image[3], expected, atol=1e-6)
    for channel, value in zip(cut.image, (200, 100, 50), strict=False):
        np.testing.assert_allclose(channel, expected * value / 255, atol=1e-6)


def test_the_mean_of_the_picture_survives_the_crop() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (700, 900, 4)).astype(np.uint8)
    pixels[0, :, 3] = pixels[:, 0, 3] = 255
    picture = picture_from_array(pixels)
    cut = crop(picture, 37)
    straight = pixels.astype(np.float64) / 255
    straight[..., :3] *= straight[..., 3:]
    area = (cut.box[2] / 37) ** 2
    np.testing.assert_allclose(cut.image.sum((1, 2)) * area, straight.sum((0, 1)), rtol=1e-4)


def test_crop_coordinates_map_back_to_the_picture() -> None:
    pixels = np.zeros((500, 400, 4), np.uint8)
    pixels[100:310, 150:250] = 255
    cut = crop(picture_from_array(pixels), 64)
    corners = np.array([[-1, -1], [1, 1], [0, 0], [0.84, -0.84]])
    np.testing.assert_allclose(
        cut.to_pixels(corners), [[75, 80], [325, 330], [200, 205], [305, 100]], atol=1e-9
    )


def test_the_crop_frames_as_frame_camera_does() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(400, 3)) * [0.1, 0.2, 0.15]
    seen = Camera(0.7, 0.4, 2.0, 2.5, 0.1, -0.2)
    width = 4000
    uv, _ = seen.project(points)
    pixels = np.zeros((width, width, 4), np.uint8)
    column, row = ((uv + 1) / 2 * width).astype(int).T
    pixels[row, column] = 255
    cut = crop(picture_from_array(pixels), 64)
    framed, _ = frame_camera(points, 0.7, 0.4, 2.0).project(points)
    np.testing.assert_allclose(cut.to_pixels(framed), (uv + 1) / 2 * width, atol=2)
