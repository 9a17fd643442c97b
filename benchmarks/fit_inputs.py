"""The shapes of the fit's benchmark: models of the corpus, and fifteen meshes broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.corpus import CATEGORIES, list_models, load_model

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mesh = tuple[Floats, Indices]

A_CATEGORY = 9
"""Models of a category at most: 117 in all."""
COMPARED = 4
"""Every how manieth model is fitted in other ways too, and by Q-MAT: they take longer than ours."""


@dataclass(frozen=True)
class Input:
    """A shape by its name and, for a broken one, what is wrong with it.

    ``compared`` says that other ways are tried on it too.
    """

    name: str
    category: str
    fault: str = ""
    compared: bool = False


def corpus_inputs(folder: Path, a_category: int = A_CATEGORY) -> list[Input]:
    """Models spread evenly over each category's list; every fourth is compared with other ways.

    Raises ``UserError`` where the corpus is not there.
    """
    chosen = []
    for category in CATEGORIES:
        records = list_models(category, folder=folder)
        rows = np.linspace(0, len(records) - 1, min(a_category, len(records))).round().astype(int)
        chosen += [(records[row].name, category) for row in rows]
    return [
        Input(name, category, compared=index % COMPARED == 0)
        for index, (name, category) in enumerate(chosen)
    ]


def broken_inputs(folder: Path) -> list[Input]:
    """One for each fault, the models in turn from all categories."""
    found = []
    for index, fault in enumerate(FAULTS):
        category = CATEGORIES[index % len(CATEGORIES)]
        records = list_models(category, folder=folder)
        found.append(Input(records[len(records) // 2].name, "broken", fault))
    return found


def load_input(given: Input, folder: Path) -> tuple[Mesh, Mesh]:
    """The mesh to fit and the mesh to measure against, which a fault has not touched."""
    model = load_model(given.name, folder)
    clean = model.vertices.astype(np.float64), model.faces.astype(np.int64)
    if not given.fault:
        return clean, clean
    rng = np.random.default_rng(len(given.fault))
    broken, wanted = FAULTS[given.fault](clean, rng)
    return broken, wanted


def _soup(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    return (vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3)), mesh


def _flipped(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    turned = np.where(rng.random((len(faces), 1)) < 0.5, faces[:, ::-1], faces)
    return (vertices, turned), mesh


def _inside_out(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    return (mesh[0], mesh[1][:, ::-1]), mesh


def _missing(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    return (vertices, faces[rng.random(len(faces)) > 0.03]), mesh


def _jitter(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    return (vertices + rng.normal(0, 0.001, vertices.shape), faces), mesh


def _duplicated(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    return (vertices, np.concatenate([faces, faces, faces[::2, ::-1]])), mesh


def _not_finite(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    spoilt = np.concatenate([vertices, [[np.nan] * 3, [np.inf, 0, 0]]])
    n = len(vertices)
    return (spoilt, np.concatenate([faces, [[0, 1, n], [0, n + 1, 2]]])), mesh


def _no_area(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    points = faces[::3, [0, 0, 0]]
    lines = faces[::3, [0, 1, 1]]
    return (vertices, np.concatenate([faces, points, lines])), mesh


def _all_at_once(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    spoilt = mesh
    for fault in (_jitter, _missing, _flipped, _soup, _not_finite):
        spoilt, _ = fault(spoilt, rng)
    return spoilt, mesh


def _fins(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """Sheets through the middle, which many edges share with nothing."""
    vertices, faces = mesh
    low, high = vertices.min(0), vertices.max(0)
    n = len(vertices)
    corners = np.array([[low[0], 0, low[2]], [high[0], 0, low[2]], [high[0], 0, high[2]]])
    made = (np.concatenate([vertices, corners]), np.concatenate([faces, [[n, n + 1, n + 2]]]))
    return made, made


def _sheet(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """A bent sheet without thickness in place of the model."""
    x, y = np.meshgrid(np.linspace(-0.4, 0.4, 20), np.linspace(-0.3, 0.3, 20), indexing="ij")
    vertices = np.stack([x, y, 0.15 * np.cos(5 * x)], -1).reshape(-1, 3)
    i = np.arange(400).reshape(20, 20)
    a, b, c, d = (k.ravel() for k in (i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]))
    made = (vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))
    return made, made


def _triangle(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    made = (np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0, 0.4]]), np.array([[0, 1, 2]]))
    return made, made


def _needle(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    vertices, faces = mesh
    made = (vertices * [1, 0.02, 0.02], faces)
    return made, made


def _far_and_small(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """A thousandth of the size, ten sizes from the origin."""
    made = (mesh[0] * 1e-3 + 0.01, mesh[1])
    return made, made


def _twice(mesh: Mesh, rng: np.random.Generator) -> tuple[Mesh, Mesh]:
    """The model and a turned copy through it."""
    vertices, faces = mesh
    turned = vertices[:, [1, 2, 0]] + 0.05
    made = np.concatenate([vertices, turned]), np.concatenate([faces, faces + len(vertices)])
    return made, made


FAULTS: dict[str, Callable[[Mesh, np.random.Generator], tuple[Mesh, Mesh]]] = {
    "soup: no triangle shares a vertex": _soup,
    "half of the faces flipped": _flipped,
    "inside out": _inside_out,
    "3% of the facets missing": _missing,
    "vertices off by 0.1%": _jitter,
    "every face twice, half of them flipped too": _duplicated,
    "vertices that are not finite": _not_finite,
    "faces without area": _no_area,
    "off by 0.1%, 3% missing, half flipped, a soup, not finite": _all_at_once,
    "a sheet through everything": _fins,
    "a bent sheet without thickness": _sheet,
    "a single triangle": _triangle,
    "squeezed to a needle": _needle,
    "tiny and far from the origin": _far_and_small,
    "the model through itself, turned": _twice,
}
