"""The second opinion: the picture's mirror image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fake_engine import FakeEngine

from immat_core.engine import load_engine
from immat_core.image import crop, load_picture
from immat_core.mirror import DRAWN, MOVES, agreed_centers, draw, look_both_ways, move

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_centers_go_to_the_points_that_are_nearest_to_them() -> None:
    centers = np.array([[0, 0, 0], [1, 0, 0], [9, 0, 0]], float)
    points = np.array([[0.1, 0, 0], [-0.1, 0.2, 0], [1, 0, 0.4]])
    drawn = draw(centers, points, 0.5)
    np.testing.assert_allclose(drawn, [[0, 0.05, 0], [1, 0, 0.2], [9, 0, 0]], atol=1e-6)
    np.testing.assert_array_equal(draw(centers, points, 0), centers)


def test_the_mirror_image_counts_mirrored_back() -> None:
    """All answers agree that a sphere is at x = 1, but one says 1.1."""
    seen = {"centers": np.array([[[1.1, 0, 0]]]), "dense": np.ones((1, 8, 1)) * [[[1, 0, 0]]]}
    mirrored = {"centers": np.array([[[-1.0, 0, 0]]]), "dense": -seen["dense"]}
    found = agreed_centers(seen, mirrored)
    np.testing.assert_allclose(found, [[[1.1 - DRAWN * 0.1, 0, 0]]], atol=1e-6)


def test_the_rest_of_the_answer_is_the_picture_s_own() -> None:
    engine = FakeEngine()
    image = np.random.default_rng(0).random((1, 4, 64, 64), np.float32)
    alone, both = engine.run("image2sphere", {"image": image}), look_both_ways(engine, image)
    assert set(both) == set(alone)
    assert both["centers"].shape == alone["centers"].shape
    for name in ("radii", "dense", "category", "features_0"):
        np.testing.assert_array_equal(both[name], alone[name])


def test_a_picture_moves_and_nothing_comes_in() -> None:
    image = np.zeros((1, 4, 64, 64), np.float32)
    image[0, :, 10, 20] = 1
    for across, down in MOVES:
        moved = move(image, across, down)
        assert moved.sum() == 4
        assert moved[0, :, 10 + 2 * down, 20 + 2 * across].all()
    image[0, :, :, 0] = 1
    assert move(image, 1, 0)[0, :, :, :2].sum() == 0
    assert move(image, -1, 0)[0, :, :, 62:].sum() == 0


def test_a_picture_and_its_mirror_image_become_more_alike() -> None:
    """The shipped networks on a chair from the side: what each says, and what both agree on."""
    engine = load_engine()
    image = crop(load_picture(EXAMPLES / "chair.png"), engine.config.image_size).image[None]
    flipped = np.ascontiguousarray(image[..., ::-1])
    alone = [engine.run("image2sphere", {"image": i})["centers"][0] for i in (image, flipped)]
    agreed = [look_both_ways(engine, i)["centers"][0] for i in (image, flipped)]
    assert apart(*agreed) < 0.8 * apart(*alone)


def apart(first: np.ndarray, mirrored: np.ndarray) -> float:
    """Mean distance to the nearest center, there and back, one set seen in a mirror."""
    distance = np.linalg.norm(first[:, None] - mirrored * [-1, 1, 1], axis=2)
    return float(distance.min(0).mean() + distance.min(1).mean())
