"""Printing: sizes in millimeters and what is too thin, part by part."""

from __future__ import annotations

import numpy as np
import pytest
import shapes

from immat_core.medial_mesh import MedialMesh
from immat_core.printing import in_millimeters, print_report
from immat_core.segmentation import segment_faces
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.checks import check_surface
from immat_core.thickness import medial_thickness


def test_a_stool_in_millimeters_tells_its_thin_legs():
    mat = shapes.stool()
    surface = build_surface(mat, 1 / 64)
    number = np.where(np.arange(49) < 25, 1, 2)
    parts = segment_faces(surface.vertices, surface.faces, mat, number)
    scaled = in_millimeters(surface, np.diag([2.0, 2.0, 2.0, 1.0]), 100)

    thickness = medial_thickness(surface.vertices, mat) * 200
    report = print_report(scaled, thickness, 13.0, parts)

    assert report.closed
    assert report.manifold
    assert report.pieces == 1
    assert report.size == pytest.approx((134, 134, 121), abs=2)
    assert report.volume == pytest.approx(check_surface(surface).volume * 8000, rel=1e-3)
    assert [wall.part for wall in report.thin_walls] == [2]
    assert report.walls[0].thinnest == pytest.approx(10, rel=0.01)
    assert 0.5 < report.walls[0].thin_share < 1
    assert not report.printable
    text = "\n".join(report.lines())
    assert "Part 2: thinnest wall 10.0" in text
    assert "Closed, manifold" in text
    assert print_report(scaled, thickness, 5.0, parts).printable


def test_a_mirrored_shape_stays_wound_outwards():
    surface = build_surface(MedialMesh([[0, 0, 0]], [0.3]), 1 / 20)
    mirrored = in_millimeters(surface, np.diag([-1.0, 1.0, 1.0, 1.0]), 1.0)
    volume = check_surface(surface).volume
    assert check_surface(mirrored).volume == pytest.approx(volume, rel=1e-5)
    for wrong in (np.zeros((4, 4)), np.full((4, 4), np.nan)):
        with pytest.raises(ValueError, match="no volume"):
            in_millimeters(surface, wrong, 1.0)


def test_what_is_open_is_told():
    sheet = SurfaceMesh(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 1, 2]], np.int32)
    )
    report = print_report(sheet, [np.inf] * 3, 1.0)
    assert not report.printable
    assert "OPEN" in report.lines()[2]
