"""The losses against brute force in float64, and their gradients."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from training import losses


def _sets(n: int, m: int, batch: int = 3, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, n, 3, generator=generator), torch.rand(
        batch, m, 3, generator=generator
    )


def _distances(a: Tensor, b: Tensor) -> NDArray[np.float64]:
    p, q = a.double().numpy(), b.double().numpy()
    found: NDArray[np.float64] = np.linalg.norm(p[:, :, None] - q[:, None], axis=3)
    return found


@pytest.mark.parametrize(("n", "m"), [(1, 1), (63, 5), (64, 64), (65, 200), (300, 7)])
def test_nearest_is_that_of_the_full_matrix(n: int, m: int) -> None:
    a, b = _sets(n, m)
    assert np.array_equal(losses.nearest_indices(a, b).numpy(), _distances(a, b).argmin(2))


@pytest.mark.parametrize("squared", [False, True])
def test_chamfer_is_brute_force(squared: bool) -> None:
    a, b = _sets(50, 70)
    d = _distances(a, b) ** (2 if squared else 1)
    expected = d.min(2).mean() + d.min(1).mean()
    assert losses.chamfer_distance(a, b, squared=squared).item() == pytest.approx(
        expected, rel=1e-5
    )


def test_chamfer_of_equal_sets_is_0_whatever_their_order() -> None:
    a, _ = _sets(40, 1)
    shuffled = a[:, torch.randperm(40, generator=torch.Generator().manual_seed(1))]
    assert losses.chamfer_distance(a, shuffled, squared=True).item() == 0


def test_matching_is_the_best_of_all_permutations() -> None:
    a, b = _sets(6, 6)
    d = _distances(a, b)
    for k, row in enumerate(losses.match_indices(a, b).numpy()):
        best = min(sum(d[k, range(6), p]) for p in permutations(range(6)))
        assert sorted(row) == list(range(6))
        assert d[k, range(6), row].sum() == pytest.approx(best)


@pytest.mark.parametrize("increment", [0.002, 0.02])
def test_auction_is_within_its_increment_of_the_best(increment: float) -> None:
    a, b = _sets(120, 120, batch=4)
    best = losses.earth_movers_distance(a, b).item()
    sold = losses.match_indices(a, b, increment)
    assert all(sorted(row.tolist()) == list(range(120)) for row in sold)
    found = losses.earth_movers_distance(a, b, increment=increment).item()
    assert best <= found + 1e-6
    assert found <= best + increment + 1e-6


def test_auction_ends_when_all_points_coincide() -> None:
    points = torch.zeros(1, 32, 3)
    assert sorted(losses.match_indices(points, points, 0.002)[0].tolist()) == list(range(32))


def test_matching_refuses_sets_of_two_sizes_and_what_is_not_finite() -> None:
    a, b = _sets(5, 6)
    with pytest.raises(ValueError, match="cannot match"):
        losses.match_indices(a, b)
    with pytest.raises(ValueError, match="not finite"):
        losses.match_indices(a, torch.full_like(a, torch.nan))


def test_radius_loss_is_equation_1() -> None:
    a, b = _sets(30, 40)
    generator = torch.Generator().manual_seed(5)
    r, s = torch.rand(3, 30, generator=generator), torch.rand(3, 40, generator=generator)
    d = _distances(a, b)
    there = np.take_along_axis(s.double().numpy(), d.argmin(2), 1) - r.double().numpy()
    back = np.take_along_axis(r.double().numpy(), d.argmin(1), 1) - s.double().numpy()
    printed = ((there**2).sum(1) + (back**2).sum(1)).mean()
    plain = abs(there).mean() + abs(back).mean()
    assert losses.radius_loss(a, r, b, s, paper=True).item() == pytest.approx(printed, rel=1e-5)
    assert losses.radius_loss(a, r, b, s, paper=False).item() == pytest.approx(plain, rel=1e-5)


def test_topology_loss_is_equation_3_without_the_diagonal() -> None:
    generator = torch.Generator().manual_seed(0)
    edges = torch.randn(7, 4, generator=generator)
    faces = torch.randn(7, 4, 4, generator=generator)
    edge_labels, face_labels = (edges > 0.3).float(), (faces > -0.2).float()
    p, y = edges.double().sigmoid().numpy(), edge_labels.numpy()
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    p, y = faces.double().sigmoid().numpy(), face_labels.numpy()
    terms = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    expected += 2 * terms[:, ~np.eye(4, dtype=bool)].mean()
    faces[:, range(4), range(4)] = -30.0
    found = losses.topology_loss(edges, edge_labels, faces, face_labels, face_weight=2.0)
    assert found.item() == pytest.approx(expected, rel=1e-5)


def _loss(name: str, a: Tensor, b: Tensor) -> Tensor:
    if name == "chamfer":
        return losses.chamfer_distance(a, b)
    if name == "chamfer squared":
        return losses.chamfer_distance(a, b, squared=True)
    return losses.earth_movers_distance(a, b)


@pytest.mark.parametrize("name", ["chamfer", "chamfer squared", "emd"])
def test_gradient_is_the_difference_quotient(name: str) -> None:
    a, b = (t.double() for t in _sets(12, 12, batch=1))
    a.requires_grad_(True)
    (gradient,) = torch.autograd.grad(_loss(name, a, b), a)
    step = 1e-5
    for index in range(12):
        for axis in range(3):
            moved = torch.zeros_like(a)
            moved[0, index, axis] = step
            with torch.no_grad():
                rise = _loss(name, a + moved, b) - _loss(name, a - moved, b)
            assert gradient[0, index, axis].item() == pytest.approx(
                rise.item() / (2 * step), abs=1e-5
            )


def test_gradient_of_the_radius_loss_reaches_radii_alone() -> None:
    a, b = _sets(9, 9)
    a.requires_grad_(True)
    r = torch.full((3, 9), 0.1, requires_grad=True)
    losses.radius_loss(a, r, b, torch.full((3, 9), 0.3), paper=True).backward()
    assert a.grad is None
    assert r.grad is not None
    assert (r.grad < 0).all()


def test_gradient_where_sets_touch_is_finite() -> None:
    a, _ = _sets(9, 9)
    a.requires_grad_(True)
    total = losses.chamfer_distance(a, a.detach()) + losses.earth_movers_distance(a, a.detach())
    total.backward()
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()
