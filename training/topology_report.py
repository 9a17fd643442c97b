"""Predicted connections against the simple rules: ``python -m training.topology_report``.

Spheres are the true ones, moved, and those that a run predicts where it has trained sphere stages.
Thresholds, of the network and of every rule, are chosen on the validation split and judged on the
test split. Right is what ``training.labels`` says. What the connections do to the surface is told
by ``training.evaluation``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from immat_core.errors import UserError
from training.calibrate import THRESHOLDS
from training.config import TrainingConfig, read_config
from training.connection_rules import RULES, with_cliques
from training.data import ShapeFolder, open_folder
from training.evaluation.scores import Counts, count, true_topology
from training.labels import make_skeleton
from training.predictions import predict_shapes
from training.smoothing_stage import predicted_topology
from training.topology_stage import moved_by
from training.train import load_networks, network_config

PREDICTED = "predicted"
CLIQUES = "network, cliques"
"""The network's edges, and for faces whatever three spheres are all connected by them."""
Totals = dict[str, dict[float, tuple[Counts, Counts]]]
"""Counts of edges and faces by name of what connects and by threshold."""


class Given(NamedTuple):
    """What is to be connected: a shape's (N, 4) spheres and (M, 3) dense centres."""

    shape: int
    spheres: NDArray[np.float32]
    dense: NDArray[np.float32]


def given_shapes(
    folder: ShapeFolder, kind: float | str, networks: dict[str, Any], limit: int
) -> Iterator[Given]:
    """The shapes of a split, evenly chosen, with their spheres.

    Parameters
    ----------
    kind
        ``PREDICTED`` for pictures as the networks see them, or the standard deviation by which
        each coordinate of a true centre is moved, in diagonals; dense centres move by half of it.
    limit
        Largest number of shapes; 0 for all.
    """
    wanted = min(limit or len(folder), len(folder))
    if isinstance(kind, str):
        found = predict_shapes(networks, folder, wanted, seed=29)
        for k, shape in enumerate(found.shapes):
            yield Given(int(shape), found.refined[k], found.followed(k))
        return
    for shape in np.unique(np.linspace(0, len(folder) - 1, wanted).astype(int)).tolist():
        rng = np.random.default_rng([5, shape])
        yield Given(shape, *moved_by(kind, folder.spheres[shape], folder.dense[shape], rng))


def count_all(
    network: torch.nn.Module, config: Any, folder: ShapeFolder, shapes: Iterator[Given]
) -> Totals:
    """Counts of the network and of every rule at every threshold, added up over shapes."""
    totals: Totals = {}
    for shape, spheres, dense in shapes:
        centers = np.ascontiguousarray(spheres[:, :3])
        true = true_topology(centers, make_skeleton(folder, shape))
        some = predicted_topology(network, spheres, dense, config)
        for t in THRESHOLDS:
            edges = some.edges[some.edge_probabilities >= t]
            faces = some.faces[some.face_probabilities >= t]
            linked = np.zeros((len(centers), len(centers)), bool)
            linked[edges[:, 0], edges[:, 1]] = linked[edges[:, 1], edges[:, 0]] = True
            _add(totals, "network", t, count(edges, true[0]), count(faces, true[1]))
            cliques = with_cliques(linked)[1]
            _add(totals, CLIQUES, t, count(edges, true[0]), count(cliques, true[1]))
        for name, rule in RULES.items():
            for t in rule.thresholds:
                found = rule.connect(centers, dense, t)
                _add(totals, name, t, count(found[0], true[0]), count(found[1], true[1]))
    return totals


def _add(totals: Totals, name: str, threshold: float, edges: Counts, faces: Counts) -> None:
    part = totals.setdefault(name, {})
    old = part.get(threshold, (Counts(), Counts()))
    part[threshold] = old[0] + edges, old[1] + faces


def judged(validation: Totals, test: Totals) -> dict[str, Any]:
    """For each name, edges and faces: the threshold that validation chose and its test scores."""
    table: dict[str, Any] = {}
    for name, part in validation.items():
        table[name] = {}
        for k, what in enumerate(("edges", "faces")):
            best = max(part, key=lambda t: part[t][k].f1)
            found = test[name][best][k]
            table[name][what] = {
                "threshold": best,
                "precision": found.precision,
                "recall": found.recall,
                "f1": found.f1,
            }
    return table


def topology_report(
    config: TrainingConfig, run: Path, jitters: tuple[float, ...] = (0.01,), limit: int = 0
) -> dict[str, Any]:
    """All tables of a run, and the network's F1 by threshold on validation shapes.

    Parameters
    ----------
    jitters
        Standard deviations by which true centres are moved, in diagonals.
    limit
        Shapes of each split; 0 for all.

    Raises
    ------
    UserError
        When the run has no trained topology network, or data is missing.
    """
    if not (run / "topology.pt").is_file():
        raise UserError(f"{run} has no trained topology", "train --stage topology first")
    splits = [open_folder(Path(config.data) / name) for name in ("val", "test")]
    networks: dict[str, Any] = load_networks(config, splits[0], run)
    sizes = network_config(config, splits[0])
    kinds: list[float | str] = list(jitters)
    if all((run / f"{name}.pt").is_file() for name in ("image2sphere", "refinement")):
        kinds.append(PREDICTED)
    network = networks["topology"].eval()
    result: dict[str, Any] = {"shapes": [len(split) for split in splits], "limit": limit}
    result |= {"tables": {}, "curves": {}}
    for kind in kinds:
        validation, test = (
            count_all(network, sizes, split, given_shapes(split, kind, networks, limit))
            for split in splits
        )
        result["tables"][str(kind)] = judged(validation, test)
        result["curves"][str(kind)] = {
            t: [counts.f1 for counts in pair] for t, pair in validation["network"].items()
        }
    return result


def markdown(result: dict[str, Any]) -> str:
    """The tables."""
    lines = []
    for kind, table in result["tables"].items():
        place = "predicted spheres" if kind == PREDICTED else f"true spheres moved by {kind}"
        lines += [f"| {place}: precision / recall / F1 (threshold) | edges | faces |"]
        lines += ["|---|---|---|"]
        for name, row in table.items():
            cells = (
                f"{r['precision']:.3f} / {r['recall']:.3f} / {r['f1']:.3f} ({r['threshold']:g})"
                for r in row.values()
            )
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def draw_curves(result: dict[str, Any], path: Path) -> None:
    """F1 of the network's edges and faces by threshold, on validation shapes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    for kind, curve in result["curves"].items():
        for k, what in enumerate(("edges", "faces")):
            axes.plot(list(curve), [pair[k] for pair in curve.values()], label=f"{what}, {kind}")
    axes.set(xlabel="threshold", ylabel="F1", ylim=(0, 1))
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.topology_report``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="training.topology_report", description=__doc__)
    parser.add_argument("--config", default="training/configs/default.yaml")
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--weights", type=Path, required=True, help="folder of the run")
    parser.add_argument("--jitter", type=float, nargs="*", default=[0.01])
    parser.add_argument("--limit", type=int, default=0, help="shapes of each split")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    try:
        config = read_config(options.config)
        if options.data:
            config = dataclasses.replace(config, data=options.data)
        result = topology_report(config, options.weights, tuple(options.jitter), options.limit)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    text = markdown(result)
    (options.weights / "topology.md").write_text(text, encoding="utf-8")
    (options.weights / "topology.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    draw_curves(result, options.weights / "topology.png")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
