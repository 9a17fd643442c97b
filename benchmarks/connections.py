"""Whether the topology network's surfaces are nearer to the truth than those of simple rules.

    python benchmarks/connections.py data/cache/64/test --val data/cache/64/val --shapes 312

The folders are splits as `python -m training.dataset cache` writes them. The shapes are spread over
the categories; of each the first picture is looked at by the shipped networks, and all ways connect
the same final spheres. A rule has the thresholds that are best on moved shapes of `--val`, and CD
and F-score are those of docs/evaluation.md, which asks the same of fewer shapes. Printed as
Markdown: means over categories, and how far each rule is from the network, with the middle 95
percent when shapes are drawn anew.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is found only now

from immat_core import kernels
from immat_core.dense_centers import follow
from immat_core.engine import OnnxEngine
from immat_core.image import Crop
from immat_core.medial_mesh import MedialMesh
from immat_core.predict import ImageToMat
from training.data import ShapeFolder, open_folder, premultiplied
from training.evaluation.contestants import chosen_shapes
from training.evaluation.rules import Chosen, choose_thresholds, connected_by_rules
from training.evaluation.statistics import category_mean, difference_interval
from training.evaluation.truth import make_truth, medial_surface, quick_scores
from training.evaluation.verdicts import spoken

Scores = dict[str, tuple[float, float]]
"""CD and F-score by what connected the spheres."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--val", type=Path, required=True, help="split that chooses thresholds")
    parser.add_argument("--shapes", type=int, default=104)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    folder = open_folder(arguments.folder)
    shapes = chosen_shapes(folder, arguments.shapes)
    kernels.load()
    given = arguments.folder, choose_thresholds(open_folder(arguments.val))
    with ProcessPoolExecutor(
        arguments.processes, get_context("spawn"), initializer=_open, initargs=given
    ) as pool:
        told = list(tqdm(pool.map(_score, shapes), total=len(shapes), disable=None))
    category = np.array(folder.category)[shapes]
    print(f"{len(shapes)} shapes of {len(np.unique(category))} categories\n")
    print(
        "| connected by | CD | F-score | CD - network's | F-score - network's |\n"
        + 5 * "|---"
        + "|"
    )
    values = {name: np.array([scores[name] for scores in told]) for name in told[0]}
    for name, found in values.items():
        means = [f"{category_mean(found[:, k], category):.2f}" for k in (0, 1)]
        apart = [
            spoken(difference_interval(found[:, k], values["network"][:, k], category), 2)
            for k in (0, 1)
        ]
        print(f"| {name} |", " | ".join([*means, *(apart if name != "network" else ["", ""])]), "|")


_split: ShapeFolder
_model: ImageToMat
_rules: Chosen
_engine: OnnxEngine


def _open(folder: Path, rules: Chosen) -> None:
    global _split, _model, _rules, _engine
    torch.set_num_threads(1)
    threadpool_limits(1)
    kernels.load()
    _engine = OnnxEngine(threads=1)
    _split, _model, _rules = open_folder(folder), ImageToMat(_engine), rules


def _score(shape: int) -> Scores:
    """The first picture of one shape."""
    rgba = np.array(_split.images[shape, 0])
    image = np.ascontiguousarray(premultiplied(rgba[None])[0].numpy())
    size = image.shape[1]
    _model.set_crop(Crop(image, (0.0, 0.0, float(size))), (size, size))
    prediction = _model.predict()
    first, final = prediction.stages[0], prediction.stages[-1]
    centers = np.ascontiguousarray(final.spheres[:, :3])
    heads = _engine.run("image2sphere", {"image": image[None]})
    dense = follow(heads["dense"][0], first.spheres[:, :3], centers)
    truth = make_truth(_split, shape)
    ways = {"network": final.select(0.2, 0.3), **connected_by_rules(centers, dense, _rules)}
    told: Scores = {}
    for name, (edges, faces) in ways.items():
        radii = final.spheres[:, 3]
        mat = MedialMesh(centers, radii, edges.astype(np.int32), faces.astype(np.int32))
        scores = quick_scores(medial_surface(mat), truth, shape)
        told[name] = scores["cd"], scores["f"]
    return told


if __name__ == "__main__":
    main()
