"""A medial mesh is drawn to the mask of its picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from immat_core.errors import Cancelled, UserError
from immat_core.mask_fit import MaskFitSettings, compare_with_mask, fit_to_mask
from immat_core.mask_fit.misfit import Samples, misfit
from immat_core.mask_fit.state import Given, State
from immat_core.mask_fit.stiffness import mirror_images
from immat_core.medial_mesh import MedialMesh
from immat_core.silhouette import Web, mask_field, silhouette
from immat_core.silhouette.discs import DoubleArray
from immat_core.size_and_place import SMALLEST_RADIUS, box_of

SIZE = 64


def table(height: float = 0.35, top: float = 0.3) -> MedialMesh:
    """A square top, a sheet of 5 x 5 spheres, on four legs of five."""
    line = np.linspace(-top, top, 5)
    spheres = [(x, y, height) for y in line for x in line]
    faces = []
    for row in range(4):
        for column in range(4):
            a = 5 * row + column
            faces += [(a, a + 1, a + 5), (a + 1, a + 5, a + 6)]
    edges = []
    for corner in (0, 4, 20, 24):
        x, y, _ = spheres[corner]
        before = corner
        for z in np.linspace(height, -0.35, 6)[1:]:
            edges.append((before, len(spheres)))
            before = len(spheres)
            spheres.append((x, y, z))
    return MedialMesh(spheres, np.full(len(spheres), 0.03), edges, faces)


def seen(mat: MedialMesh, azimuth: float = 0.5) -> Camera:
    return frame_camera(mat.centers, azimuth, 0.35, 2.0, radii=mat.radii)


def mask(mat: MedialMesh, camera: Camera, size: int = SIZE) -> NDArray[np.float64]:
    fine = silhouette(mat, camera, 4 * size).reshape(size, 4, size, 4)
    return fine.mean((1, 3))


def chamfer(a: DoubleArray, b: DoubleArray) -> float:
    apart = np.linalg.norm(a[:, None] - b[None], axis=2)
    return float(apart.min(0).mean() + apart.min(1).mean()) / 2


def disturbed(mat: MedialMesh, seed: int = 0) -> MedialMesh:
    """Bent smoothly, the same left and right, with noise on the radii."""
    rng = np.random.default_rng(seed)
    place = np.abs(mat.centers) * [1, 0, 0] + mat.centers * [0, 1, 1]
    waves = np.sin(place @ rng.normal(0, 3, (3, 3)) + rng.uniform(0, 6, 3))
    waves[:, 0] *= np.tanh(mat.centers[:, 0] / 0.05)
    radii = mat.radii * np.exp(rng.normal(0, 0.2, len(mat.radii)))
    return MedialMesh(mat.centers + 0.04 * waves, radii, mat.edges, mat.faces)


@pytest.mark.parametrize("seed", range(3))
def test_a_disturbed_shape_covers_its_mask_again_and_is_no_farther_from_the_truth(
    seed: int,
) -> None:
    true = table()
    alpha, start = mask(true, seen(true)), disturbed(true, seed)
    camera = replace(seen(start), azimuth=0.5 + 0.05, elevation=0.35 - 0.03)
    fit = fit_to_mask(start, camera, alpha)
    # The legs are two cells wide: half a cell off is much.
    assert fit.iou_before < 0.6
    assert 1 - fit.iou_after < 0.4 * (1 - fit.iou_before)
    assert chamfer(fit.mat.centers, true.centers) < chamfer(start.centers, true.centers)
    np.testing.assert_array_equal(fit.mat.edges, start.edges)
    np.testing.assert_array_equal(fit.mat.faces, start.faces)
    found = compare_with_mask(fit.mat, fit.camera, alpha)
    assert (found.iou_before, found.iou_after) == (fit.iou_after, fit.iou_after)


def test_what_fits_already_stays_as_it_is() -> None:
    true = table()
    fit = fit_to_mask(true, seen(true), mask(true, seen(true), 96))
    assert fit.iou_before > 0.95
    assert fit.iou_after >= fit.iou_before
    assert np.abs(fit.mat.centers - true.centers).max() < 0.01


def test_longer_legs_are_found_on_both_sides_and_the_table_stays_symmetric() -> None:
    true, start = table(), table(height=0.25)
    camera = frame_camera(true.centers, 0.5, 0.35, 2.0, radii=true.radii)
    fit = fit_to_mask(start, camera, mask(true, camera))
    assert fit.iou_after > fit.iou_before + 0.05
    pairs = mirror_images(start.spheres)
    assert len(pairs) == len(start.radii)
    flipped = fit.mat.centers[pairs[:, 1]] * [-1, 1, 1]
    assert np.abs(fit.mat.centers[pairs[:, 0]] - flipped).max() < 0.01


def test_size_and_place_stay_about_what_they_were_for_the_camera_goes_along() -> None:
    true = table()
    camera = seen(true)
    off = (0.8 * true.centers + [0.0, 0.05, 0.04]).astype(np.float32)
    start = MedialMesh(off, 0.8 * true.radii, true.edges, true.faces)
    fit = fit_to_mask(start, camera, mask(true, camera))
    assert fit.iou_after > fit.iou_before + 0.2
    (middle, diagonal), (now, long) = box_of(start.spheres), box_of(fit.mat.spheres)
    assert abs(long / diagonal - 1) < 0.05
    assert np.linalg.norm(now - middle) < 0.03
    assert fit.camera.distance < 0.95 * camera.distance


def test_a_known_camera_stays() -> None:
    true, start = table(), disturbed(table())
    settings = MaskFitSettings(move_camera=False)
    fit = fit_to_mask(start, seen(true), mask(true, seen(true)), settings=settings)
    assert fit.camera == seen(true)
    assert fit.iou_after > fit.iou_before + 0.05


@pytest.mark.parametrize(
    ("close", "bent"), [((0.5, 0.0), False), ((0.0, 0.5), False), ((0.0, 0.0), True)]
)
def test_a_shape_that_is_far_from_its_mask_is_not_bent_over_it(
    close: tuple[float, float], bent: bool
) -> None:
    given = table()
    camera = seen(given)
    bar = np.zeros((SIZE, SIZE))
    bar[8:56, 8:16] = 1
    fitted = fit_to_mask(given, camera, bar, settings=MaskFitSettings(close=close))
    assert fitted.iou_before < 0.5
    assert fitted.iou_after >= fitted.iou_before
    stretch = (fitted.mat.centers * given.centers).sum(0) / (given.centers**2).sum(0)
    left = np.abs(fitted.mat.centers - stretch * given.centers).max()
    assert (left > 0.01) == bent


def test_the_same_input_gives_the_same_fit_and_leaves_it_alone() -> None:
    start, alpha = disturbed(table()), mask(table(), seen(table()))
    before = start.spheres.copy()
    one, two = (fit_to_mask(start, seen(start), alpha) for _ in range(2))
    np.testing.assert_array_equal(one.mat.spheres, two.mat.spheres)
    assert one.camera == two.camera
    np.testing.assert_array_equal(start.spheres, before)


def test_thin_spheres_stay_thick_enough_for_the_surface() -> None:
    true = table()
    radii = np.where(np.arange(len(true.radii)) == 0, 0.001, 0.005)
    start = MedialMesh(true.centers, radii, true.edges, true.faces)
    fit = fit_to_mask(start, seen(start), np.eye(SIZE), settings=MaskFitSettings(close=(0, 0)))
    assert fit.mat.radii[0] >= np.float32(0.001)
    assert fit.mat.radii[1:].min() >= np.float32(SMALLEST_RADIUS)


def test_progress_rises_and_cancel_stops_before_the_next_step() -> None:
    start, alpha = disturbed(table()), mask(table(), seen(table()))
    told: list[float] = []
    fit = fit_to_mask(start, seen(start), alpha, on_progress=lambda s, _: told.append(s))
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) == fit.steps + 1 == 8 + 3 * 6 + 1
    told.clear()
    with pytest.raises(Cancelled):
        fit_to_mask(
            start,
            seen(start),
            alpha,
            on_progress=lambda s, _: told.append(s),
            should_cancel=lambda: len(told) == 3,
        )
    assert len(told) == 3


def test_what_cannot_be_fitted_is_said() -> None:
    nothing = MedialMesh(np.empty((0, 3)), np.empty(0))
    with pytest.raises(UserError, match="no sphere"):
        fit_to_mask(nothing, Camera(0, 0), np.ones((8, 8)))
    with pytest.raises(UserError, match="empty"):
        fit_to_mask(table(), Camera(0, 0), np.zeros((8, 8)))


@pytest.mark.parametrize("spheres", [1, 2])
def test_one_sphere_and_two_grow_to_a_disc(spheres: int) -> None:
    place = np.array([[0.0, 0, 0], [0.05, 0, 0]])[:spheres]
    camera = Camera(0.2, 0.1, 2.0, 3.0)
    alpha = mask(MedialMesh([[0, 0, 0]], [0.3]), camera)
    fit = fit_to_mask(MedialMesh(place, np.full(spheres, 0.2)), camera, alpha)
    assert fit.iou_after > max(fit.iou_before, 0.9)


def test_the_derivatives_are_those_of_the_discs() -> None:
    rng = np.random.default_rng(0)
    mat = table()
    given = Given(Camera(0.4, 0.3, 1.9, 3.0, 0.1, -0.1, 0.05), mat.spheres.astype(np.float64))
    count = len(mat.radii)
    state = State(given, rng.normal(0, 0.03, 10), rng.normal(0, 0.02, (count, 4)))
    linear = state.linear()
    common, own = rng.normal(0, 1e-5, 10), rng.normal(0, 1e-5, (count, 4))
    ahead, behind = state.moved(common, own).linear(), state.moved(-common, -own).linear()
    expected = linear.common @ common + np.einsum("nij,nj->ni", linear.own, own)
    np.testing.assert_allclose((ahead.discs - behind.discs) / 2, expected, atol=1e-9)


def test_the_slopes_of_misfits_are_those_of_their_lengths() -> None:
    mat, size = table(), 48
    field = mask_field(mask(mat, seen(mat), size))
    start = disturbed(mat)
    web = Web.of(start)
    samples = Samples.of(web)
    linear = State.start(Given(seen(start), start.spheres.astype(np.float64))).linear()
    off = misfit(linear.discs, web, samples, field)
    move = np.random.default_rng(1).normal(0, 1e-6, linear.discs.shape)
    there = misfit(linear.discs + move, web, samples, field)
    assert len(there.length) == len(off.length) > 100
    mean = (move[off.discs] * off.shares[..., None]).sum(1)
    expected = (off.slope * mean).sum(1)
    close = np.isclose(there.length - off.length, expected, atol=1e-9)
    # The field is linear between its nodes only: a disc may cross from one patch to the next.
    assert close.mean() > 0.98
