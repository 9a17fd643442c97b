"""The camera is found again from a shape and its mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from immat_core.camera_search import FINE, adjust_camera, area_averages, search_camera
from immat_core.medial_mesh import MedialMesh
from immat_core.pose_head import PoseCandidate
from immat_core.silhouette import overlap, plain, render, silhouette
from immat_core.silhouette.discs import DoubleArray

THICK = 0.035


def bars(*ends: tuple[tuple[float, ...], tuple[float, ...]], count: int = 40) -> DoubleArray:
    """(n, 3) points along straight lines."""
    way = np.linspace(0, 1, count)[:, None]
    return np.concatenate([np.array(a) * (1 - way) + np.array(b) * way for a, b in ends])


def chair(back: float = 0.45) -> DoubleArray:
    """Points of four legs, a seat and two posts at its back (y above 0)."""
    corners = [(x, y) for x in (-0.2, 0.2) for y in (-0.22, 0.2)]
    legs = [((x, y, -0.4), (x, y, 0.0)) for x, y in corners]
    seat = [((x, -0.22, 0.0), (x, 0.2, 0.0)) for x in np.linspace(-0.2, 0.2, 9)]
    posts = [((x, 0.2, 0.0), (x, 0.24, back)) for x in (-0.2, 0.2)]
    rail = [((-0.2, 0.24, back), (0.2, 0.24, back))] if back else []
    return bars(*legs, *seat, *posts, *rail)


def spheres(points: DoubleArray) -> DoubleArray:
    return np.column_stack([points, np.full(len(points), THICK)])


def mask(points: DoubleArray, camera: Camera) -> NDArray[np.float64]:
    """The soft mask of the spheres, by four times as many cells."""
    mat = MedialMesh(points, np.full(len(points), THICK))
    return area_averages(silhouette(mat, camera, 4 * FINE), FINE)


def framed(points: DoubleArray, *pose: float, roll: float = 0.0) -> Camera:
    return frame_camera(points, *pose, radii=np.full(len(points), THICK), roll=roll)


def turned(a: float, b: float) -> float:
    """Degrees between two azimuths."""
    return float(np.degrees(abs((a - b + np.pi) % (2 * np.pi) - np.pi)))


@pytest.mark.parametrize("azimuth", [-2.6, -0.5, 0.9, 2.2])
def test_twenty_degrees_are_found_back_to_three(azimuth: float) -> None:
    points = chair()
    camera = framed(points, azimuth, 0.3, 1.8, roll=0.03)
    off = np.radians(20) if azimuth > 0 else np.radians(-20)
    candidate = PoseCandidate(azimuth + off, 0.3 + np.radians(8), 2.2, 1.0)
    found = search_camera([candidate], spheres(points)[::5], points, mask(points, camera))
    assert turned(found.azimuth, azimuth) < 3
    assert abs(found.elevation - 0.3) < np.radians(4)
    assert abs(found.roll - 0.03) < np.radians(1.5)


def test_the_silhouette_decides_between_candidates_that_are_as_likely() -> None:
    points = chair()
    camera = framed(points, 0.6, 0.4, 1.6)
    candidates = [PoseCandidate(a, 0.4, 1.6, 0.25) for a in (0.6 + np.pi, -0.6, np.pi - 0.6, 0.55)]
    found = search_camera(candidates, spheres(points)[::5], points, mask(points, camera))
    assert turned(found.azimuth, 0.6) < 3


@pytest.mark.parametrize("front", [True, False])
def test_the_network_decides_between_silhouettes_that_are_as_good(front: bool) -> None:
    # From far and level a chair that is hardly deep looks the same from the front and the back.
    points = chair() * [1.0, 0.1, 1.0]
    camera = framed(points, 0.0, 0.0, 4.0)
    candidates = [
        PoseCandidate(0.0, 0.0, 4.0, 0.7 if front else 0.3),
        PoseCandidate(np.pi, 0.0, 4.0, 0.3 if front else 0.7),
    ]
    found = search_camera(candidates, spheres(points)[::5], points, mask(points, camera))
    assert (turned(found.azimuth, 0.0) < 90) == front


def test_the_same_camera_is_found_again_and_without_compiled_loops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = chair()
    alpha = mask(points, framed(points, 0.4, 0.2, 2.0))
    given = ([PoseCandidate(0.5, 0.3, 2.2, 1.0)], spheres(points)[::5], points, alpha)
    first = search_camera(*given)
    assert search_camera(*given) == first
    monkeypatch.setattr(render, "_loops", lambda: plain)
    second = search_camera(*given)
    for name in ("azimuth", "elevation", "distance", "focal", "shift_u", "shift_v", "roll"):
        assert getattr(second, name) == pytest.approx(getattr(first, name), abs=1e-6)


def test_a_search_renders_a_bounded_number_of_silhouettes(monkeypatch: pytest.MonkeyPatch) -> None:
    points = chair()
    alpha = mask(points, framed(points, 0.4, 0.2, 2.0))
    rendered: list[int] = []
    lower = plain.lower_to_discs

    def counted(discs: DoubleArray, reach: float, field: DoubleArray) -> None:
        rendered.append(len(discs))
        lower(discs, reach, field)

    monkeypatch.setattr(render, "_loops", lambda: plain)
    monkeypatch.setattr(plain, "lower_to_discs", counted)
    search_camera([PoseCandidate(0.5, 0.3, 2.2, 1.0)], spheres(points)[::5], points, alpha)
    assert len(rendered) < 27 + 2 * (1 + 8 * 8) + 3


def medial_chair() -> MedialMesh:
    """Few spheres along each bar, which edges join, and a triangle in the seat."""
    few = chair()[::8]
    edges = [(k, k + 1) for k in range(len(few) - 1) if k % 5 < 4]
    return MedialMesh(few, np.full(len(few), THICK), edges, [(20, 30, 40)])


def test_a_camera_follows_the_shape_that_it_was_found_for() -> None:
    points, shape = chair(), medial_chair()
    camera = framed(points, 0.6, 0.3, 1.8)
    alpha = mask(points, camera)
    before = framed(points * [1.1, 0.9, 1.1], 0.6 + np.radians(5), 0.3 - np.radians(5), 2.2)
    after = adjust_camera(before, shape, alpha)
    assert turned(after.azimuth, 0.6) < 4.5
    assert abs(after.elevation - 0.3) < np.radians(3)
    fits = [overlap(mask(points, seen), alpha) for seen in (before, after)]
    assert fits[1] > max(0.9, fits[0] + 0.1)
    assert adjust_camera(before, shape, alpha) == after


@pytest.mark.parametrize("filled", [0.0, 1.0])
def test_a_lone_sphere_keeps_a_camera_whatever_the_mask(filled: float) -> None:
    camera = framed(chair(), 0.6, 0.3, 1.8)
    one = MedialMesh(np.zeros((1, 3)), np.array([0.3]))
    found = adjust_camera(camera, one, np.full((FINE, FINE), filled))
    assert np.isfinite([found.azimuth, found.focal, found.shift_u]).all()


def test_an_empty_mask_and_a_single_sphere_still_give_a_camera() -> None:
    one = np.array([[0.0, 0, 0, 0.3]])
    candidate = PoseCandidate(0.3, 0.2, 2.0, 1.0)
    found = search_camera([candidate], one, one[:, :3], np.zeros((FINE, FINE)))
    assert np.isfinite([found.azimuth, found.focal, found.shift_u]).all()
    unlikely = replace(candidate, probability=0.0)
    assert search_camera([unlikely], one, one[:, :3], np.ones((FINE, FINE))).distance > 0


@pytest.mark.parametrize("size", [16, 64, 96])
def test_area_averages_keep_the_mean_and_the_place(size: int) -> None:
    picture = np.zeros((48, 48))
    picture[12:24, 24:48] = 1.0
    small = area_averages(picture, size)
    assert small.shape == (size, size)
    assert small.mean() == pytest.approx(picture.mean())
    row, column = size * 3 // 8, size * 3 // 4
    assert small[row, column] == pytest.approx(1.0)
    assert small[column, row] == 0
