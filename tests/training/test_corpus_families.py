"""Parametric families: closed solids, the same for the same seed, and no two models alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.corpus import CATEGORIES, generate, iterate, list_models
from training.corpus.clusters import sample_shape, shape_distance
from training.corpus.families import PROGRAMS, Program, draw
from training.corpus.families.solids import SolidBuilder, grey, rounded_outline, triangulate
from training.corpus.generate import ALIKE_DISTANCE, draw_model, generate_models
from training.corpus.storage import model_path, update_index
from training.corpus.variation import Variation, draw_variation, vary

EVERY_PROGRAM = [(category, i) for category in CATEGORIES for i in range(len(PROGRAMS[category]))]


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:  # type: ignore[type-arg]
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def assert_closed(vertices: np.ndarray, faces: np.ndarray) -> None:  # type: ignore[type-arg]
    """Every directed edge is met once by its opposite, and the faces look outward."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, back = edges @ [len(vertices), 1], edges @ [1, len(vertices)]
    assert len(np.unique(there)) == len(there)
    np.testing.assert_array_equal(np.sort(there), np.sort(back))
    assert volume(vertices, faces) > 0


def test_every_category_has_programs_of_its_own() -> None:
    assert set(PROGRAMS) == set(CATEGORIES)
    for programs in PROGRAMS.values():
        assert len({program.__name__ for program in programs}) == len(programs) >= 6


@pytest.mark.parametrize(("category", "seed"), EVERY_PROGRAM, ids=str)
def test_a_program_draws_closed_solids(category: str, seed: int) -> None:
    """Two seeds of each program, solid by solid."""
    program: Program = PROGRAMS[category][seed]
    for number in range(2):
        builder = program(np.random.default_rng([number]))
        assert builder.faces
        for vertices, faces, color in zip(
            builder.vertices, builder.faces, builder.colors, strict=True
        ):
            assert np.isfinite(vertices).all()
            assert_closed(vertices, faces)
            assert color.shape == (3,)
            assert 0 <= color.min() <= color.max() <= 1


def test_the_same_seed_draws_the_same_and_another_draws_another() -> None:
    first, again, other = draw("chair", 5), draw("chair", 5), draw("chair", 5 + 8)
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.faces, again.faces)
    np.testing.assert_array_equal(first.colors, again.colors)
    assert first.program == other.program
    assert first.vertices.shape != other.vertices.shape or (first.vertices != other.vertices).any()


def test_a_model_stands_in_the_frame_of_the_corpus() -> None:
    model = draw_model("couch", 3)
    low, high = model.vertices.min(0), model.vertices.max(0)
    np.testing.assert_allclose(low + high, 0, atol=1e-6)
    assert np.linalg.norm(high - low) == pytest.approx(1, abs=1e-6)
    assert model.record.parametric
    assert model.record.open_edges == 0
    # The back of a couch is behind: what is high lies toward +Y.
    top = model.vertices[:, 2] > high[2] - 0.1 * (high[2] - low[2])
    assert model.vertices[top, 1].mean() > 0.1 * high[1]


def test_models_are_not_alike_and_a_resumed_run_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    generate_models(whole, 9, categories=("rifle",))
    models = list(iterate("rifle", folder=whole))
    assert len(models) == 9
    shapes = [sample_shape(model.vertices, model.faces) for model in models]
    for i, first in enumerate(shapes):
        for second in shapes[:i]:
            assert shape_distance(first, second, turns=1) >= ALIKE_DISTANCE
    generate_models(resumed, 4, categories=("rifle",))
    drawn: list[int] = []
    real = draw_model

    def counted(category: str, seed: int) -> object:
        drawn.append(seed)
        return real(category, seed)

    monkeypatch.setattr(generate, "draw_model", counted)
    generate_models(resumed, 9, categories=("rifle",))
    assert list_models(folder=resumed) == list_models(folder=whole)
    assert min(drawn) >= 4
    drawn.clear()
    generate_models(resumed, 9, categories=("rifle",))
    assert drawn == []


def test_a_shape_that_is_there_already_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = draw_model
    monkeypatch.setattr(generate, "draw_model", lambda c, s: real(c, s // 2 * 2))
    left_out = generate_models(tmp_path, 3, categories=("phone",))
    assert left_out == {"phone": 2}


def test_the_index_keeps_real_models_when_parametric_ones_change(tmp_path: Path) -> None:
    (tmp_path / "meshes").mkdir()
    drawn = draw_model("lamp", 0).record
    real = type(drawn)(**{**vars(drawn), "name": "lamp_001", "flags": ()})
    update_index(tmp_path, [real], parametric=False)
    update_index(tmp_path, [drawn], parametric=True)
    update_index(tmp_path, [drawn], parametric=True)
    assert [r.name for r in list_models(folder=tmp_path)] == ["lamp_001", drawn.name]
    assert list_models(folder=tmp_path, parametric=False) == [real]
    assert model_path(tmp_path, "lamp", "lamp_001").parent.name == "lamp"


# --- solids --------------------------------------------------------------------------------------


def test_solids_have_the_volume_that_their_numbers_say() -> None:
    shape, color = SolidBuilder(), grey(0.5)
    shape.box([1, 2, 3], [1, 2, 3], color)
    shape.bar([0, 0, 0], [0, 0, 5], 0.5, color, square=True)
    shape.extrude([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], (-1, 3), color)
    shape.lathe([(1, 0), (1, 2)], [5, 5, 5], color, sides=200)
    shape.sheet(
        np.stack(np.meshgrid([0.0, 1], [0.0, 2], [0.0], indexing="ij"), -1)[:, :, 0], 0.1, color
    )
    volumes = [volume(v, f) for v, f in zip(shape.vertices, shape.faces, strict=True)]
    np.testing.assert_allclose(volumes, [6, 5, 12, 2 * np.pi, 0.2], rtol=1e-3)


def test_a_builder_is_placed_turned_and_leaned() -> None:
    part, whole = SolidBuilder(), SolidBuilder()
    part.box([0, 0, 1], [0.2, 0.2, 2], grey(0.5))
    part.lean(np.pi / 2)
    np.testing.assert_allclose(part.vertices[0].max(0), [0.1, 2, 0.1], atol=1e-12)
    whole.place(part, [5, 0, 0], np.pi / 2)
    np.testing.assert_allclose(whole.vertices[0].min(0), [3, -0.1, -0.1], atol=1e-12)
    assert volume(whole.vertices[0], whole.faces[0]) == pytest.approx(0.08)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_hollow_outline_is_cut_into_triangles(reverse: bool) -> None:
    outline = np.array([(0, 0), (4, 0), (4, 4), (3, 4), (3, 1), (1, 1), (1, 4), (0, 4.0)])
    faces = triangulate(outline[::-1] if reverse else outline)
    a, b, c = (outline[::-1] if reverse else outline)[faces].transpose(1, 0, 2)
    areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert len(faces) == 6
    assert (areas < 0).all() if reverse else (areas > 0).all()
    assert abs(areas.sum()) == pytest.approx(10)


def test_an_outline_that_crosses_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="crosses itself"):
        triangulate(np.array([(0, 0), (2, 2), (2, 0), (0, 2), (1, -3), (1, 5.0)]))


def test_a_rounded_outline_has_its_size() -> None:
    outline = rounded_outline(4, 2, 0.5, (1, 1), steps=60)
    np.testing.assert_allclose(np.ptp(outline, axis=0), [4, 2])
    x, y = outline.T
    area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2
    assert area == pytest.approx(8 - (4 - np.pi) * 0.25, rel=1e-4)


# --- variations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["chair", "car", "boat"])
def test_a_variation_keeps_what_makes_a_shape_plausible(category: str) -> None:
    """Still closed, in the frame, mirror images of itself where it was, and another shape."""
    model = draw_model(category, 1)
    varied = vary(model, draw_variation(category, np.random.default_rng(0)), 1)
    assert varied.record.name == f"{model.record.name}~1"
    assert (varied.record.cluster, varied.record.split) == (
        model.record.cluster,
        model.record.split,
    )
    assert_closed(varied.vertices.astype(np.float64), varied.faces)
    assert np.linalg.norm(np.ptp(varied.vertices, 0)) == pytest.approx(1, abs=1e-6)
    assert np.abs(varied.vertices - model.vertices).max() > 0.005
    # Corners that were at one height, or at one place along, still are; order is kept.
    for axis in range(1, 3):
        order = np.argsort(model.vertices[:, axis], kind="stable")
        assert (np.diff(varied.vertices[order, axis]) >= -1e-6).all()


def test_a_mirrored_model_is_the_same_turned_over() -> None:
    model = draw_model("phone", 3)
    ones = (1.0,) * 4, (1.0,) * 8, (1.0,) * 8
    mirrored = vary(model, Variation(True, (1, 1, 1), ones), 1)
    np.testing.assert_allclose(mirrored.vertices * [-1, 1, 1], model.vertices, atol=1e-6)
    assert_closed(mirrored.vertices.astype(np.float64), mirrored.faces)


def test_left_and_right_stay_alike() -> None:
    model = draw_model("cabinet", 0)
    both = replace(model, vertices=np.concatenate([model.vertices, model.vertices * [-1, 1, 1]]))
    varied = vary(both, draw_variation("cabinet", np.random.default_rng(3)), 1).vertices
    half = len(model.vertices)
    np.testing.assert_allclose(varied[:half] * [-1, 1, 1], varied[half:], atol=1e-6)
