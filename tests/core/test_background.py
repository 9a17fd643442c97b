"""The background of photo-like pictures, and what is said when there is nothing to find."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from synthetic_photos import BACKDROPS, COLORS, SHAPES, photo

from immat_core.background import remove_background
from immat_core.color_models import to_lab
from immat_core.errors import UserError
from immat_core.image import MaskSource, load_picture, picture_from_array
from immat_core.regions import keep_object, label_regions

EXAMPLE = Path(__file__).parents[2] / "examples" / "chair_photo.jpg"


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_objects_on_walls_floors_and_gradients_with_shadows() -> None:
    colors = cycle(COLORS)
    found = {}
    pairs = [(shape, kind) for shape in SHAPES for kind in BACKDROPS]
    for seed, (shape, kind) in enumerate(pairs[::2]):
        pixels, mask = photo(shape, kind, next(colors), seed)
        found[shape, kind] = overlap(remove_background(pixels) >= 128, mask)
    assert np.median(list(found.values())) >= 0.95, found
    assert min(found.values()) >= 0.85, found


def test_the_size_of_the_picture_does_not_matter() -> None:
    pixels, mask = photo("chair", "room", "red", 3)
    large = pixels.repeat(4, 0).repeat(4, 1)
    alpha = remove_background(large)
    assert alpha.shape == large.shape[:2]
    assert overlap(alpha >= 128, mask.repeat(4, 0).repeat(4, 1)) >= 0.85


def test_a_real_hole_stays_and_a_highlight_goes() -> None:
    mask = np.zeros((120, 120), np.bool_)
    mask[20:100, 20:100] = True
    mask[30:50, 30:50] = mask[60:80, 60:80] = mask[90, 90] = False
    foreign = np.where(mask, 8.0, 0.5).astype(np.float32)
    foreign[60:80, 60:80] = 9
    kept = keep_object(mask, foreign)
    expected = mask.copy()
    expected[60:80, 60:80] = expected[90, 90] = True
    np.testing.assert_array_equal(kept, expected)


def test_small_regions_and_seams_go() -> None:
    mask = np.zeros((120, 120), np.bool_)
    mask[40:100, 40:80] = True
    expected = mask.copy()
    mask[5:8, 5:8] = mask[70, :] = True
    kept = keep_object(mask, np.full(mask.shape, 5, np.float32))
    np.testing.assert_array_equal(kept, expected)


def test_regions_are_numbered_like_a_flood_fill() -> None:
    rng = np.random.default_rng(5)
    mask = rng.random((60, 70)) < 0.6
    labels, count = label_regions(mask)
    assert set(np.unique(labels)) == set(range(count + 1))
    np.testing.assert_array_equal(labels > 0, mask)
    flooded = _flooded(mask)
    pairs = np.unique(np.stack([labels[mask], flooded[mask]]), axis=1)
    assert pairs.shape[1] == count == flooded.max()


def _flooded(mask: np.ndarray) -> np.ndarray:
    labels, number = np.zeros(mask.shape, int), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        number += 1
        todo = [start]
        while todo:
            y, x = todo.pop()
            if (
                0 <= y < mask.shape[0]
                and 0 <= x < mask.shape[1]
                and mask[y, x]
                and not labels[y, x]
            ):
                labels[y, x] = number
                todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return labels


@pytest.mark.parametrize("kind", ["one color", "noise", "narrow"])
def test_nothing_to_find_asks_for_a_mask(kind: str) -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((4, 900, 3) if kind == "narrow" else (300, 400, 3), 128, np.uint8)
    if kind == "noise":
        pixels = rng.integers(100, 156, pixels.shape).astype(np.uint8)
    with pytest.raises(UserError, match="Give a mask, or a picture with transparency"):
        picture_from_array(pixels)


def test_lab_of_known_colors() -> None:
    colors = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86]]
    np.testing.assert_allclose(to_lab(colors), expected, atol=0.05)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the example photo is not in this checkout")
def test_the_example_photo() -> None:
    picture = load_picture(EXAMPLE)
    assert picture.source is MaskSource.BACKGROUND_REMOVED
    share = float((picture.rgba[..., 3] >= 128).mean())
    assert 0.05 < share < 0.6
