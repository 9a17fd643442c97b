"""The pictures that nothing was trained on: their list, and the page's part about them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.unseen_pictures import (
    MARK,
    NOT_LOOKED_AT,
    VERDICTS,
    Found,
    Refused,
    load_verdicts,
    section,
)
from benchmarks.unseen_sources import PHOTO, load_pictures
from immat_core.camera import Camera
from immat_core.image import MaskSource, Picture
from immat_core.medial_mesh import MedialMesh
from immat_core.surface.mesh import SurfaceMesh
from training.corpus.manifest import CATEGORIES, load_packages
from training.marked_page import DOCS, replace_marked


def found(category: str) -> Found:
    corners = np.eye(3, dtype=np.float32)
    face = np.array([[0, 1, 2]], np.int32)
    mat = MedialMesh(corners, np.full(3, 0.1, np.float32), np.empty((0, 2), np.int32), face)
    picture = Picture(np.full((4, 4, 4), 255, np.uint8), MaskSource.ALPHA, "")
    surface = SurfaceMesh(corners, face)
    return Found(picture, mat, Camera(0.0, 0.3), surface, category, 0.625, 1.5, False)


def test_the_list_is_of_pictures_that_the_corpus_does_not_hold():
    pictures = load_pictures()
    assert sum(picture.kind == PHOTO for picture in pictures) >= 20
    assert {picture.category for picture in pictures} == set(CATEGORIES) - {"bench"}
    trained_on = {package.name for package in load_packages()}
    assert trained_on.isdisjoint(picture.package for picture in pictures)
    assert all(picture.licence for picture in pictures)
    for box in (picture.crop for picture in pictures if picture.crop):
        assert 0 <= box[0] < box[2]
        assert 0 <= box[1] < box[3]


def test_every_picture_has_a_verdict_of_a_known_kind():
    names = [picture.name for picture in load_pictures()]
    verdicts = load_verdicts()
    assert len(set(names)) == len(names)
    assert set(verdicts) == set(names)
    for verdict in verdicts.values():
        assert verdict == NOT_LOOKED_AT or verdict.partition(":")[0] in VERDICTS


def test_a_refused_picture_is_a_row_with_the_reason():
    stool, plane = (
        next(p for p in load_pictures() if p.name == name) for name in ("chair_stool", "plane_747")
    )
    outcomes = [(stool, found("table")), (plane, Refused("nothing stands out"))]
    text = section(outcomes, {"chair_stool": "bad: no legs"}, ("chair", "table"))
    assert "| chair_stool | chair | table | 0.62 | 1.5 | no | bad: no legs |" in text
    assert f"| plane_747 | plane |  |  |  |  | {NOT_LOOKED_AT}; refused: nothing stands" in text
    assert "1 were refused, 1 became a shape" in text
    assert "Of the 1 shapes that are one of these, 0 were" in text
    assert f"Verdicts: 1 bad, 1 {NOT_LOOKED_AT}." in text


@pytest.mark.parametrize("text", ["", "anew\n"])
def test_the_page_has_its_marks(text: str):
    page = (DOCS / "unseen.md").read_text("utf-8")
    assert f"{MARK}: start -->\n{text}<!--" in replace_marked(page, MARK, text)
