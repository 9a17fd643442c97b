"""Score a run on the test split: ``python -m training.evaluate --run runs/default``.

Prints the tables and writes ``evaluation.json``, ``evaluation.md`` and a contact sheet into the
run's folder. Everything is predicted as the product predicts it, in all three stages and with the
config's thresholds, but for the camera, which is the pose head's without the silhouette search.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from immat_core.errors import UserError
from immat_core.networks.config import NetworkConfig
from immat_core.pose import decode_pose, encode_pose, fit_azimuth
from immat_core.predict import adjacency
from immat_core.topology import TopologyCandidates
from training.baselines.retrieval import retrieved_shapes, typical_shapes
from training.calibrate import best_thresholds
from training.cameras import framed_uv
from training.config import CameraJitter, TopologyData, TrainingConfig, read_config
from training.data import ShapeFolder, load_batch, open_folder
from training.evaluation import scores
from training.evaluation.scores import Counts
from training.evaluation.sheet import write_sheet
from training.labels import make_skeleton
from training.predictions import joined_spheres, predict_batch
from training.smoothing_stage import predicted_topology, smooth_prediction
from training.topology_stage import move_spheres
from training.train import load_networks, network_config

STAGES = ("initial", "refined", "smoothed")
Topology = dict[str, Counts]


@dataclass(frozen=True, eq=False)
class Predicted:
    """One picture, predicted.

    Attributes
    ----------
    shape, view
        Which picture of the split.
    stages
        (N, 4) float32 spheres by stage name.
    candidates
        Topology of the last stage.
    pose, category
        The heads' answers, (6,) float32 and a category's index.
    searched
        (6,) float32, the pose after the search over the silhouette that the product makes.
    direction
        (4,) the camera that was used: azimuth, elevation, distance, roll.
    """

    shape: int
    view: int
    stages: dict[str, NDArray[np.float32]]
    candidates: TopologyCandidates
    pose: NDArray[np.float32]
    searched: NDArray[np.float32]
    category: int
    direction: NDArray[np.float64]


@torch.no_grad()
def predict_view(
    networks: dict[str, nn.Module],
    config: NetworkConfig,
    folder: ShapeFolder,
    shapes: NDArray[np.int64],
    view: int,
    weight: float,
) -> list[Predicted]:
    """Predict the given shapes of a split from one view, as the product does."""
    batch = load_batch(folder, shapes, np.full(len(shapes), view))
    rng = np.random.default_rng(0)
    found = predict_batch(networks, batch, CameraJitter(0.0, 0.0, 1.0), rng)
    out = networks["image2sphere"](batch.images)
    result = []
    for k, shape in enumerate(shapes):
        refined, dense = found["refined"][k], found["dense"][k]
        before = predicted_topology(networks["topology"], refined, dense, config)
        smoothed = smooth_prediction(refined, before, config, weight)
        uv = framed_uv(
            found["initial"][k : k + 1], found["directions"][k : k + 1], smoothed.spheres[None]
        )
        moved = networks["smoothing"].eval()(
            *(part[k : k + 1] for part in out[5:]),
            torch.from_numpy(smoothed.spheres[None]),
            torch.from_numpy(uv),
            torch.from_numpy(adjacency(len(refined), smoothed.edges)[None]),
        )
        final = smoothed.spheres + moved[0].numpy()
        final = joined_spheres(final[None, :, :3], final[None, :, 3])[0]
        result.append(
            Predicted(
                int(shape),
                view,
                {"initial": found["initial"][k], "refined": refined, "smoothed": final},
                predicted_topology(networks["topology"], final, dense, config),
                found["pose"][k],
                _searched(found["pose"][k], dense, batch.images[k, 3].numpy()),
                int(out.category[k].argmax()),
                found["directions"][k],
            )
        )
    return result


def _searched(
    pose: NDArray[np.float32], dense: NDArray[np.float32], alpha: NDArray[np.float32]
) -> NDArray[np.float32]:
    found = fit_azimuth(decode_pose(pose), dense, alpha)
    return encode_pose(found.azimuth, found.elevation, found.distance)


def sphere_table(
    test: ShapeFolder, rows: NDArray[np.int64], sets: dict[str, NDArray[np.float32]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Mean scores by name of the set, by category and "all".

    ``rows`` (P,) says which test shape each of a set's (P, N, 4) spheres stands for.
    """
    targets, category = np.array(test.spheres[rows]), test.category[rows]
    table: dict[str, dict[str, dict[str, float]]] = {}
    for name, spheres in sets.items():
        found = scores.sphere_scores(np.ascontiguousarray(spheres), targets)
        table[name] = {"all": {key: float(v.mean()) for key, v in found.items()}}
        for index, label in enumerate(test.categories):
            own = category == index
            if own.any():
                table[name][label] = {key: float(v[own].mean()) for key, v in found.items()}
    return table


def topology_table(
    test: ShapeFolder, predicted: list[Predicted], config: NetworkConfig
) -> dict[str, Topology]:
    """Counts of the network's and of the rule's edges and faces on predicted spheres."""
    total: dict[str, Topology] = {}
    thresholds = (config.edge_threshold, config.face_threshold)
    for one in predicted:
        centers = np.ascontiguousarray(one.stages["smoothed"][:, :3])
        true = scores.true_topology(centers, make_skeleton(test, one.shape))
        _add(total, "network", scores.threshold_counts(one.candidates, true, thresholds))
        _add_rule(total, centers, true)
    return total


def moved_topology_table(
    test: ShapeFolder, network: nn.Module, config: NetworkConfig, jitter: float
) -> dict[str, Topology]:
    """The same on true spheres that were moved by the given standard deviation."""
    total: dict[str, Topology] = {}
    thresholds = (config.edge_threshold, config.face_threshold)
    for shape in range(0, len(test), 2):
        rng = np.random.default_rng([5, shape])
        settings = TopologyData(jitter=2 * jitter)
        spheres, dense = move_spheres(test.spheres[shape], test.dense[shape], settings, rng)
        true = scores.true_topology(spheres[:, :3].copy(), make_skeleton(test, shape))
        candidates = predicted_topology(network, spheres, dense, config)
        _add(total, "network", scores.threshold_counts(candidates, true, thresholds))
        _add_rule(total, spheres[:, :3], true)
    return total


def _add(total: dict[str, Topology], name: str, found: tuple[Counts, Counts]) -> None:
    for key, counts in zip(("edges", "faces"), found, strict=True):
        part = total.setdefault(name, {})
        part[key] = part.get(key, Counts()) + counts


def _add_rule(
    total: dict[str, Topology],
    centers: NDArray[np.float32],
    true: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    edges, faces = scores.rule_topology(centers)
    _add(total, "rule", (scores.count(edges, true[0]), scores.count(faces, true[1])))


def held_out_thresholds(test: ShapeFolder, predicted: list[Predicted]) -> tuple[float, float]:
    """The thresholds that would have been best on these predictions, to compare with."""
    judged = []
    for one in predicted:
        centers = np.ascontiguousarray(one.stages["smoothed"][:, :3])
        true = scores.true_topology(centers, make_skeleton(test, one.shape))
        judged.append((one.candidates, true))
    return best_thresholds(judged)


def pose_table(
    test: ShapeFolder, predicted: list[Predicted], config: TrainingConfig
) -> dict[str, dict[str, float]]:
    """Azimuth error of the head and after the search, elevation error, category accuracy."""
    names = [test.categories[test.category[one.shape]] for one in predicted]
    cameras = np.stack([test.cameras[one.shape, one.view] for one in predicted])
    kinds = [config.azimuth.get(name, "directed") for name in names]
    poses = np.stack([one.pose for one in predicted])
    azimuth, elevation = scores.pose_errors(poses, cameras, kinds)
    searched, _ = scores.pose_errors(np.stack([one.searched for one in predicted]), cameras, kinds)
    right = np.array([one.category == test.category[one.shape] for one in predicted])
    table = {}
    for label in test.categories:
        own = np.array([name == label for name in names])
        table[label] = {
            "azimuth_median": _median(azimuth[own]),
            "searched_median": _median(searched[own]),
            "searched_above_30": float(np.mean(searched[own] > 30)),
            "elevation_mean": float(elevation[own].mean()),
            "category_right": float(right[own].mean()),
        }
    return table


def _median(errors: NDArray[np.float64]) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.median(known)) if len(known) else float("nan")


def evaluate(
    config: TrainingConfig, run: Path, *, views: tuple[int, ...] = (0,), limit: int = 0
) -> dict[str, Any]:
    """All scores of a run; writes the contact sheet.

    Parameters
    ----------
    config
        The run's settings.
    run
        Its folder.
    views
        Views of each test shape that are predicted.
    limit
        Test shapes of each category; 0 for all.
    """
    train, test = (open_folder(Path(config.data) / name) for name in ("train", "test"))
    networks, sizes = load_networks(config, train, run), network_config(config, train)
    for network in networks.values():
        network.eval()
    rows = _some_of_each(test, limit)
    weight = config.smoothing.weight
    predicted = [
        one for view in views for one in predict_view(networks, sizes, test, rows, view, weight)
    ]
    order = np.array([one.shape for one in predicted])
    retrieved = retrieved_shapes(train, test, views)[rows].T.reshape(-1)
    sets = {s: np.stack([one.stages[s] for one in predicted]) for s in STAGES}
    sets["retrieval"] = np.array(train.spheres[retrieved])
    sets["typical"] = np.array(train.spheres[typical_shapes(train)[test.category[order]]])
    write_sheet(run / "evaluation.png", test, predicted, sizes)
    return {
        "pictures": len(predicted),
        "spheres": sphere_table(test, order, sets),
        "topology_predicted": topology_table(test, predicted, sizes),
        "topology_moved": moved_topology_table(test, networks["topology"], sizes, 0.008),
        "pose": pose_table(test, predicted, config),
        "thresholds": (sizes.edge_threshold, sizes.face_threshold),
        "best_thresholds": held_out_thresholds(test, predicted),
    }


def _some_of_each(folder: ShapeFolder, limit: int) -> NDArray[np.int64]:
    parts = [np.nonzero(folder.category == k)[0] for k in range(len(folder.categories))]
    return np.concatenate([part[:limit] if limit else part for part in parts])


def markdown(result: dict[str, Any]) -> str:
    """The scores as Markdown tables."""
    lines = [f"{result['pictures']} pictures of held-out shapes. Distances in 1/1000 diagonal.", ""]
    spheres: dict[str, dict[str, dict[str, float]]] = result["spheres"]
    labels = list(next(iter(spheres.values())))
    lines += ["| spheres: CD / EMD / radius | " + " | ".join(labels) + " |"]
    lines += ["|---" * (len(labels) + 1) + "|"]
    for name, row in spheres.items():
        cells = (" / ".join(f"{1000 * v:.1f}" for v in row[label].values()) for label in labels)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "| connections: precision / recall / F1 | edges | faces |", "|---|---|---|"]
    for place in ("topology_predicted", "topology_moved"):
        spoken = "predicted spheres" if place == "topology_predicted" else "moved true spheres"
        for name, counts in result[place].items():
            cells = (f"{c.precision:.2f} / {c.recall:.2f} / {c.f1:.2f}" for c in counts.values())
            lines.append(f"| {name}, {spoken} | " + " | ".join(cells) + " |")
    lines += ["", "| camera and category | " + " | ".join(result["pose"]) + " |"]
    lines += ["|---" * (len(result["pose"]) + 1) + "|"]
    for key, spoken in (
        ("azimuth_median", "azimuth of the head, median error in degrees"),
        ("searched_median", "the same after the search over the silhouette"),
        ("searched_above_30", "share off by more than 30 degrees after it"),
        ("elevation_mean", "elevation, mean error in degrees"),
        ("category_right", "category right"),
    ):
        cells = (f"{row[key]:.2f}" for row in result["pose"].values())
        lines.append(f"| {spoken} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> Any:
    if isinstance(value, Counts):
        return {"precision": value.precision, "recall": value.recall, "f1": value.f1}
    raise TypeError(type(value))


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.evaluate``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="training.evaluate", description=__doc__)
    parser.add_argument("--config", default="training/configs/default.yaml")
    parser.add_argument("--run", type=Path, default=Path("runs/default"))
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--limit", type=int, default=0, help="test shapes of each category")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    try:
        config = read_config(options.config)
        if options.data:
            config = dataclasses.replace(config, data=options.data)
        result = evaluate(config, options.run, limit=options.limit)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    text = markdown(result)
    (options.run / "evaluation.md").write_text(text, encoding="utf-8")
    (options.run / "evaluation.json").write_text(
        json.dumps(result, default=_plain, indent=1), encoding="utf-8"
    )
    print(text)
    print(f"thresholds {result['thresholds']}, best would be: {result['best_thresholds']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
