"""Contact sheets show what is there: silhouettes of the right size, near things over far ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from immat_core.contact_sheet import (
    PAPER,
    View,
    draw_fit,
    draw_medial_mesh,
    draw_mesh,
    write_sheet,
)
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

SIZE = 96


def sphere(radius: float, around: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of a sphere about the origin."""
    import trimesh

    ball = trimesh.creation.uv_sphere(radius, count=[around, around])
    return np.asarray(ball.vertices), np.asarray(ball.faces)


def covered(picture: np.ndarray) -> np.ndarray:
    """Pixels that are not paper."""
    return (picture != PAPER).any(2)


def test_a_sphere_is_a_full_disc_of_its_size() -> None:
    vertices, faces = sphere(1.0)
    view = View(np.zeros(3), SIZE / 4, SIZE)
    seen = covered(draw_mesh(view, vertices, faces))
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    away = np.hypot(rows - SIZE / 2, columns - SIZE / 2)
    assert seen[away < SIZE / 4 - 1].all()
    assert not seen[away > SIZE / 4 + 1].any()


def test_the_near_side_hides_the_far_one() -> None:
    vertices, faces = sphere(1.0)
    view = View(np.zeros(3), SIZE / 4, SIZE)
    toward = view.axes[2]
    both = np.concatenate([vertices, 0.5 * vertices + 3 * toward])
    joined = np.concatenate([faces, faces + len(vertices)])
    picture = draw_mesh(view, both, joined)
    alone = draw_mesh(view, 0.5 * vertices + 3 * toward, faces)
    inside = covered(alone)
    assert inside.sum() > 400
    # The small sphere in front looks as it does alone, but for the noise of its points.
    off = np.abs(picture[inside].astype(int) - alone[inside]).mean()
    assert off < 6
    assert covered(picture).sum() > 3 * inside.sum()


def test_broken_meshes_are_drawn_as_far_as_they_go() -> None:
    vertices, faces = sphere(1.0)
    view = View.of(vertices, SIZE)
    vertices[5] = np.nan
    assert covered(draw_mesh(view, vertices, faces)).sum() > 1000
    assert not covered(draw_mesh(view, vertices, np.empty((0, 3), int))).any()


def test_a_medial_mesh_shows_spheres_and_edges() -> None:
    mat = MedialMesh([[-1, 0, 0], [1, 0, 0]], [0.5, 0.5], [[0, 1]])
    view = View.of(np.asarray(mat.bounds), SIZE)
    with_edge = draw_medial_mesh(view, mat)
    without = draw_medial_mesh(view, MedialMesh(mat.centers, mat.radii))
    assert covered(with_edge).sum() > covered(without).sum() > 200


def test_a_sheet_holds_every_row(tmp_path: Path) -> None:
    vertices, faces = sphere(0.5)
    mat = MedialMesh([[0, 0, 0]], [0.5])
    pixels = draw_fit(vertices, faces, mat, 48)
    assert pixels.shape == (48, 144, 3)
    third = [covered(pixels[:, i : i + 48]).sum() for i in (0, 48, 96)]
    assert third[0] == pytest.approx(third[2], rel=0.05)
    write_sheet(tmp_path / "sheet.png", [(f"name {i} \u4e2d", pixels) for i in range(5)])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (4 * 144, 2 * (48 + 14))
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]


def test_a_sheet_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no mesh was fitted"):
        write_sheet(tmp_path / "sheet.png", [])
