"""What following the outline gains: the same predictions without it, with it, and fitted to it.

    python benchmarks/outline.py data/cache/64/val --shapes 104

The folder is a split as `python -m training.dataset cache` writes it; the shapes are spread over
its categories, the first picture of each is looked at by the shipped networks, or by a run's. CD
and F-score are those of docs/evaluation.md, against the true surface. Printed as Markdown, means
over categories.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is found only now

from immat_core.camera import Camera
from immat_core.engine import OnnxEngine
from immat_core.image import Crop
from immat_core.mask_fit import MaskFitSettings, compare_with_mask, fit_to_mask
from immat_core.predict import ImageToMat, PredictSettings
from training.config import read_config
from training.data import ShapeFolder, open_folder, premultiplied
from training.evaluation.contestants import RunEngine, chosen_shapes
from training.evaluation.truth import Truth, make_truth, medial_surface, quick_scores
from training.train import load_networks, network_config

NAMES = "mask IoU", "CD", "F-score", "CPU s"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shapes", type=int, default=104)
    parser.add_argument("--run", type=Path, help="a run's networks instead of the shipped ones")
    arguments = parser.parse_args()
    folder = open_folder(arguments.folder)
    model = ImageToMat(_engine(folder, arguments.run))
    found: dict[tuple[bool, str, str], dict[int, list[tuple[float, ...]]]] = {}
    for shape in tqdm(chosen_shapes(folder, arguments.shapes), disable=None):
        truth = make_truth(folder, shape)
        for known, (stage, drawn) in product((False, True), WAYS):
            settings = PredictSettings(stage=stage, follow_outline=drawn != "no")
            scores = _scores(model, folder, truth, shape, known, settings, drawn == "and fitted")
            kinds = found.setdefault((known, stage, drawn), defaultdict(list))
            kinds[int(folder.category[shape])].append(scores)
    print("| camera | stage | follows the outline |", " | ".join(NAMES), "|\n" + 7 * "|---" + "|")
    for (known, stage, drawn), kinds in found.items():
        means = np.mean([np.mean(rows, 0) for rows in kinds.values()], 0)
        numbers = " | ".join(f"{number:.4g}" for number in means)
        print(f"| {'known' if known else 'found'} | {stage} | {drawn} | {numbers} |")


WAYS = ("refined", "no"), ("smoothed", "no"), ("smoothed", "yes"), ("smoothed", "and fitted")
"""Stage, and whether it follows the outline or, as Fit to Picture does, is fitted to it as well."""


def _engine(folder: ShapeFolder, run: Path | None) -> OnnxEngine | RunEngine:
    if run is None:
        return OnnxEngine(threads=1)
    config = read_config("training/configs/default.yaml")
    return RunEngine(load_networks(config, folder, run), network_config(config, folder))


def _scores(
    model: ImageToMat,
    folder: ShapeFolder,
    truth: Truth,
    shape: int,
    known: bool,
    settings: PredictSettings,
    fitted: bool,
) -> tuple[float, ...]:
    image = np.ascontiguousarray(premultiplied(np.array(folder.images[shape, 0])[None])[0].numpy())
    size = image.shape[1]
    camera = Camera(*map(float, folder.cameras[shape, 0])) if known else None
    began = time.process_time()
    model.set_crop(Crop(image, (0.0, 0.0, float(size))), (size, size), camera)
    prediction = model.predict(settings)
    mat, seen = prediction.medial_mesh(settings), prediction.camera
    if fitted:
        fit = fit_to_mask(mat, seen, image[3], settings=MaskFitSettings(move_camera=not known))
        mat, seen = fit.mat, fit.camera
    spent = time.process_time() - began
    covered = compare_with_mask(mat, seen, image[3]).iou_before
    scores = quick_scores(medial_surface(mat), truth, shape)
    return covered, scores["cd"], scores["f"], spent


if __name__ == "__main__":
    main()
