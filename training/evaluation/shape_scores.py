"""All scores of one held-out shape, as one JSON object: what the tables are made of."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.mask_fit import fit_to_mask
from immat_core.medial_mesh import MedialMesh
from immat_core.metrics import Triangles
from immat_core.pose_head import decode_poses
from immat_core.predict import Prediction, Stage
from immat_core.surface.checks import check_polygons
from training.baselines.stages import NEEDS_CAMERA
from training.data import AZIMUTH, DISTANCE, ELEVATION, ROLL
from training.evaluation import scores
from training.evaluation.contestants import Contestants
from training.evaluation.rules import Ways, connected_by_rules, moved_shape
from training.evaluation.truth import (
    Scores,
    Truth,
    floor_scores,
    make_truth,
    medial_surface,
    quick_scores,
    score_surface,
)
from training.labels import make_skeleton
from training.pictures.raster import visible
from training.symmetry import turn_weights

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
"""At which edges and faces are counted for the curves of Fig. 9."""

TURNS = 36
"""About the vertical, among which those are looked for that change nothing."""

_MASK_SAMPLES = 4
_MESH_THRESHOLDS = (0.05, 0.2, 0.5, 0.9)


def score_shape(contestants: Contestants, shape: int) -> dict[str, Any]:
    """Everything about one shape of the split.

    Returns
    -------
    dict
        ``shape``, ``category``, ``loops``; ``rows``, the scores of what needs no picture, by name;
        ``moved``, see :func:`moved_connections`; ``views``, for each picture what
        :func:`_score_view` tells.
    """
    test = contestants.test
    truth = make_truth(test, shape)
    views = range(min(contestants.settings.views, test.views))
    retrieved = [contestants.retrieved(shape, view) for view in views]
    points = np.array(test.surface[shape, :, :3], np.float64)
    rows = {}
    if not contestants.settings.alone:
        also = {row for found in retrieved for row in found.values()}
        rows["oracle"] = contestants.oracle(points, also)
    if contestants.typical(shape) >= 0:
        rows["typical"] = contestants.typical(shape)
    told = {
        name: score_surface(contestants.training_surface(row), truth, shape)
        for name, row in rows.items()
    }
    unframed = Triangles(truth.solid.vertices / truth.scale + truth.center, truth.solid.faces)
    told["ceiling"] = score_surface(unframed, truth, shape)
    told["floor"] = floor_scores(truth, shape)
    return {
        "shape": shape,
        "category": test.categories[test.category[shape]],
        "loops": truth.loops,
        "rows": told,
        "moved": moved_connections(contestants, shape),
        "views": [
            _score_view(contestants, truth, shape, view, found)
            for view, found in zip(views, retrieved, strict=True)
        ],
    }


def score_in_short(contestants: Contestants, shape: int) -> dict[str, Any]:
    """What is told of many shapes: ours alone on the first picture, with its camera and its fit.

    Returns
    -------
    dict
        As of :func:`score_shape`, without other contestants and stages; ``connections`` has nothing
        but surfaces by every way to connect the same spheres.
    """
    truth = make_truth(contestants.test, shape)
    prediction = contestants.predict(shape, 0)
    mesh = medial_surface(prediction.stages[-1].medial_mesh(*contestants.thresholds()))
    told = _score_answer(contestants, truth, shape, 0, prediction, mesh)
    told["rows"] = {"ours": quick_scores(mesh, truth, shape)}
    told["connections"] = _ways_to_connect(contestants, truth, shape, 0, prediction)
    return {
        "shape": shape,
        "category": contestants.test.categories[contestants.test.category[shape]],
        "rows": {},
        "views": [told],
    }


def _score_view(
    contestants: Contestants, truth: Truth, shape: int, view: int, retrieved: dict[str, int]
) -> dict[str, Any]:
    """One picture: ``rows`` by contestant, ``stages``, ``camera``, ``connections`` and more."""
    started = time.process_time()
    prediction = contestants.predict(shape, view)
    final = prediction.stages[-1]
    mesh = medial_surface(final.medial_mesh(*contestants.thresholds()))
    seconds = time.process_time() - started
    rows = {
        name: score_surface(contestants.training_surface(row), truth, shape)
        for name, row in retrieved.items()
    }
    true = contestants.true_camera(shape, view)
    for name in contestants.baselines:
        answer = contestants.baseline(name, shape, view, prediction.camera)
        rows[name] = score_surface(answer, truth, shape)
    if NEEDS_CAMERA in contestants.baselines:
        given = contestants.baseline(NEEDS_CAMERA, shape, view, true)
        rows[f"{NEEDS_CAMERA}_camera"] = score_surface(given, truth, shape)
    rows["ours"] = score_surface(mesh, truth, shape)
    informed = contestants.predict(shape, view, true).stages[-1]
    rows["ours_camera"] = score_surface(
        medial_surface(informed.medial_mesh(*contestants.thresholds())), truth, shape
    )
    return {
        **_score_answer(contestants, truth, shape, view, prediction, mesh),
        "rows": rows,
        "seconds": seconds,
        "stages": _stage_scores(contestants, truth, shape, prediction, rows["ours"]),
        "connections": connection_scores(contestants, truth, shape, view, prediction)
        if view == 0
        else {},
    }


def _score_answer(
    contestants: Contestants,
    truth: Truth,
    shape: int,
    view: int,
    prediction: Prediction,
    mesh: Triangles,
) -> dict[str, Any]:
    """Our ``mesh`` and camera of one picture, and what the fit to its mask makes of them."""
    report = check_polygons(mesh.vertices, mesh.faces)
    return {
        "view": view,
        "photo": bool(contestants.test.photos[shape, view]),
        "closed": report.closed,
        "manifold": report.manifold,
        "camera": camera_errors(contestants, shape, view, prediction.camera),
        "category_right": prediction.category
        == contestants.test.categories[contestants.test.category[shape]],
        "mask_iou": mask_iou(mesh, prediction.camera, contestants.test.images[shape, view, ..., 3]),
        "fitted": fitted_scores(contestants, truth, shape, view, prediction),
    }


def _stage_scores(
    contestants: Contestants, truth: Truth, shape: int, prediction: Prediction, final: Scores
) -> dict[str, Scores]:
    """Table 4: spheres of each stage against the true ones, and the surface made from them."""
    true = np.array(contestants.test.spheres[shape])[None]
    told = {}
    for stage in prediction.stages:
        found = scores.sphere_scores(stage.spheres[None], true)
        told[stage.name] = {f"sphere_{key}": float(values[0]) for key, values in found.items()}
        if stage is prediction.stages[-1]:
            told[stage.name] |= {key: final[key] for key in ("cd", "f", "f2")}
        else:
            mat = stage.medial_mesh(*contestants.thresholds())
            told[stage.name] |= quick_scores(medial_surface(mat), truth, shape)
    return told


def camera_errors(
    contestants: Contestants, shape: int, view: int, found: Camera
) -> dict[str, float | str]:
    """Errors in degrees of the camera in use and of the camera network's likeliest answer.

    The azimuth counts modulo the turns after which the shape looks the same; where every turn does,
    it is None.
    """
    test = contestants.test
    true = test.cameras[shape, view].astype(np.float64)
    turns = same_looking_turns(np.array(test.spheres[shape]), np.array(test.dense[shape]))
    head = decode_poses(contestants.pose(shape, view), contestants.engine.config)[0]
    errors: dict[str, Any] = {}
    for name, azimuth, elevation in (
        ("", found.azimuth, found.elevation),
        ("head_", head.azimuth, head.elevation),
    ):
        off = turn_between(azimuth, true[AZIMUTH] + turns)
        errors[f"{name}azimuth"] = None if len(turns) == TURNS else float(off.min())
        errors[f"{name}elevation"] = float(np.degrees(abs(elevation - true[ELEVATION])))
    errors["roll"] = float(turn_between(found.roll, true[ROLL]))
    errors["distance"] = float(abs(found.distance / true[DISTANCE] - 1))
    return errors


def same_looking_turns(
    spheres: NDArray[np.float32], dense: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Angles in radians, of ``TURNS`` around, by which a turned shape looks the same; 0 is first.

    ``spheres`` (n, 4) and ``dense`` (m, 3) are the true ones.
    """
    same = turn_weights(spheres, dense, TURNS) >= 0.5
    same[0] = True
    return 2 * np.pi * np.flatnonzero(same) / TURNS


def turn_between(one: float, two: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees, 0 to 180, from one angle to others, all in radians."""
    turned: NDArray[np.float64] = (np.asarray(two) - one + np.pi) % (2 * np.pi) - np.pi
    apart: NDArray[np.float64] = np.degrees(np.abs(turned))
    return apart


def mask_iou(mesh: Triangles, camera: Camera, alpha: NDArray[np.uint8]) -> float:
    """Overlap of a surface's silhouette with the (S, S) mask, where either covers half a pixel."""
    size = len(alpha)
    corners = mesh.vertices[mesh.faces].astype(np.float32)
    owner = visible(corners, camera, size * _MASK_SAMPLES)[1]
    samples = (owner >= 0).reshape(size, _MASK_SAMPLES, size, _MASK_SAMPLES)
    covered, wanted = samples.mean((1, 3)) >= 0.5, alpha >= 128
    return float((covered & wanted).sum() / max((covered | wanted).sum(), 1))


def fitted_scores(
    contestants: Contestants, truth: Truth, shape: int, view: int, prediction: Prediction
) -> Scores:
    """The surface after the fit to the picture's mask: its mask IoU, CD and F-scores."""
    mat = prediction.stages[-1].medial_mesh(*contestants.thresholds())
    alpha = contestants.test.images[shape, view, ..., 3]
    fitted = fit_to_mask(mat, prediction.camera, alpha.astype(np.float32) / 255)
    mesh = medial_surface(fitted.mat)
    return {
        "mask_iou": mask_iou(mesh, fitted.camera, alpha),
        **quick_scores(mesh, truth, shape),
    }


def connection_scores(
    contestants: Contestants, truth: Truth, shape: int, view: int, prediction: Prediction
) -> dict[str, Any]:
    """Figs. 5, 9 and 10 on the predicted spheres: the network, simple rules, and no dense centers.

    For each way to connect them: ``edges`` and ``faces`` as counts (right, chosen, true), and the
    scores of the surface. ``at`` has the network's by threshold, the surface's for a few.
    """
    final = prediction.stages[-1]
    skeleton = make_skeleton(contestants.test, shape)
    true = scores.true_topology(np.ascontiguousarray(final.spheres[:, :3]), skeleton)
    told = _ways_to_connect(contestants, truth, shape, view, prediction)
    blind = contestants.predict_without_dense(shape, view, prediction).stages[-1]
    own = scores.true_topology(np.ascontiguousarray(blind.spheres[:, :3]), skeleton)
    edges, faces = blind.select(*contestants.thresholds())
    told["no dense centers"] = _connected(blind, edges, faces, own, truth, shape)
    told["at"] = [
        {"threshold": threshold, **_at_threshold(final, threshold, true, truth, shape)}
        for threshold in THRESHOLDS
    ]
    return told


def _ways_to_connect(
    contestants: Contestants, truth: Truth, shape: int, view: int, prediction: Prediction
) -> dict[str, Any]:
    """Counts and scores of the network's connections and of each rule's."""
    final = prediction.stages[-1]
    centers = np.ascontiguousarray(final.spheres[:, :3])
    true = scores.true_topology(centers, make_skeleton(contestants.test, shape))
    ways: Ways = {"network": final.select(*contestants.thresholds())}
    ways |= connected_by_rules(
        centers, contestants.dense(shape, view, prediction), contestants.rules
    )
    return {
        name: _connected(final, edges, faces, true, truth, shape)
        for name, (edges, faces) in ways.items()
    }


def moved_connections(contestants: Contestants, shape: int) -> dict[str, Any]:
    """Counts of edges and faces on true spheres moved by one percent of the diagonal.

    That is the standard deviation of each coordinate; the dense centers are moved by half of it.
    The network has the thresholds that are best on moved validation shapes, as the rules have.
    """
    spheres, dense = moved_shape(contestants.test, shape)
    centers = np.ascontiguousarray(spheres[:, :3])
    true = scores.true_topology(centers, make_skeleton(contestants.test, shape))
    given = contestants.connect(spheres, dense)
    ways: Ways = {"network": given.select(*contestants.moved_thresholds, trim=False)}
    ways |= connected_by_rules(centers, dense, contestants.rules)
    return {
        name: {
            "edges": asdict(scores.count(scores.with_sides(edges, faces), true[0])),
            "faces": asdict(scores.count(faces, true[1])),
        }
        for name, (edges, faces) in ways.items()
    }


def _at_threshold(
    stage: Stage,
    threshold: float,
    true: tuple[NDArray[np.int64], NDArray[np.int64]],
    truth: Truth,
    shape: int,
) -> dict[str, Any]:
    edges, faces = scores.threshold_counts(stage.candidates, true, (threshold, threshold))
    told: dict[str, Any] = {"edges": asdict(edges), "faces": asdict(faces)}
    if threshold in _MESH_THRESHOLDS:
        surface = medial_surface(stage.medial_mesh(threshold, threshold))
        told |= quick_scores(surface, truth, shape)
    return told


def _connected(
    stage: Stage,
    edges: NDArray[np.integer[Any]],
    faces: NDArray[np.integer[Any]],
    true: tuple[NDArray[np.int64], NDArray[np.int64]],
    truth: Truth,
    shape: int,
) -> dict[str, Any]:
    spheres = stage.spheres
    mat = MedialMesh(spheres[:, :3], spheres[:, 3], edges.astype(np.int32), faces.astype(np.int32))
    return {
        "edges": asdict(scores.count(scores.with_sides(edges, faces), true[0])),
        "faces": asdict(scores.count(faces, true[1])),
        **quick_scores(medial_surface(mat), truth, shape),
    }
