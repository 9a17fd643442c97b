"""Shift the topology network's answers so that the configured thresholds are its best ones.

How sure a classifier is depends on how often its training data said yes; the user's thresholds
should not. The two output biases are moved until the edges and faces at the config's thresholds
(the paper's 0.2 and 0.3) have the best F1 on predictions of the validation shapes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from immat_core.networks.config import NetworkConfig
from immat_core.topology import TopologyCandidates
from training.data import ShapeFolder
from training.evaluation.scores import Counts, threshold_counts, true_topology
from training.labels import make_skeleton
from training.predictions import PredictedShapes, predict_shapes
from training.smoothing_stage import predicted_topology

_ROUNDS = 3
THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""Thresholds that are tried."""

Judged = list[tuple[TopologyCandidates, tuple[Any, Any]]]


def best_thresholds(judged: Judged) -> tuple[float, float]:
    """The edge and the face threshold with the best F1.

    Parameters
    ----------
    judged
        Candidates and the keys of the right edges and faces, one pair a shape.
    """
    totals = {t: (Counts(), Counts()) for t in THRESHOLDS}
    for candidates, true in judged:
        for t in THRESHOLDS:
            edges, faces = threshold_counts(candidates, true, (t, t))
            totals[t] = totals[t][0] + edges, totals[t][1] + faces
    best = [max(THRESHOLDS, key=lambda t: totals[t][k].f1) for k in (0, 1)]
    return best[0], best[1]


def judge(
    network: nn.Module, folder: ShapeFolder, predicted: PredictedShapes, config: NetworkConfig
) -> Judged:
    """Candidates of the refined spheres and what is right among them."""
    judged: Judged = []
    for k, shape in enumerate(predicted.shapes):
        spheres = predicted.refined[k]
        true = true_topology(np.ascontiguousarray(spheres[:, :3]), make_skeleton(folder, shape))
        judged.append((predicted_topology(network, spheres, predicted.followed(k), config), true))
    return judged


def calibrate(
    networks: dict[str, Any], config: NetworkConfig, folder: ShapeFolder, count: int = 120
) -> tuple[float, float]:
    """Move the biases of ``networks["topology"]``, in place.

    Parameters
    ----------
    networks
        All of a run's.
    config
        Their config; its two thresholds are the aim.
    folder
        The shapes whose pictures are predicted: the validation split, where there is one.
    count
        How many pictures are predicted.

    Returns
    -------
    The thresholds that were best before.
    """
    network = networks["topology"].eval()
    predicted = predict_shapes(networks, folder, count, seed=23)
    aims = config.edge_threshold, config.face_threshold
    first: tuple[float, float] | None = None
    for _ in range(_ROUNDS):
        # The mean over a candidate's groups does not commute with the shift: try again.
        best = best_thresholds(judge(network, folder, predicted, config))
        first = first or best
        for layer, aim, found in zip((network.edge, network.face), aims, best, strict=True):
            with torch.no_grad():
                layer.bias += _logit(aim) - _logit(found)
    assert first is not None
    return first


def calibrate_run(
    networks: dict[str, Any], config: NetworkConfig, folder: ShapeFolder, run: Path
) -> tuple[float, float]:
    """``calibrate``, and write the weights of the run's topology network."""
    best = calibrate(networks, config, folder)
    path = run / "topology.pt"
    beside = path.with_suffix(".part")
    torch.save(networks["topology"].state_dict(), beside)
    os.replace(beside, path)
    return best


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))
