"""Draw the pictures of one prediction in docs/images: stages, thresholds, the fit to its picture.

``python -m tools.picture_prediction`` writes ``tool_stages.png``, ``tool_thresholds.png`` and
``tool_fit_to_picture.png`` with the networks that ship. Look at them before they are committed.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from immat_core import kernels
from immat_core.camera import Camera
from immat_core.image import crop, load_picture
from immat_core.mask_fit import FIT_SIZE, fit_to_mask
from immat_core.medial_mesh import MedialMesh
from immat_core.predict import ImageToMat, Prediction, PredictSettings
from immat_core.silhouette import silhouette
from tools.guide_drawing import View, captioned, draw, skinned
from tools.picture_guide import write

CHAIR = Path(__file__).resolve().parents[1] / "examples" / "chair.png"
SIDE, COVERED = 260, (40, 110, 220)
"""Pixels of a panel, and the color of what the shape covers."""


def main() -> int:
    """Draw all three."""
    kernels.load()
    write("stages", stages())
    write("thresholds", thresholds())
    write("fit_to_picture", fit_to_picture())
    return 0


def stages() -> Image.Image:
    """The steps of one prediction."""
    made = prediction()
    panels = [
        skinned(title, made.medial_mesh(PredictSettings(stage=name)))
        for name, title in (
            ("initial", "Initial"),
            ("refined", "Refined"),
            ("smoothed", "Smoothed"),
        )
    ]
    return draw(View.of([made.medial_mesh(PredictSettings())], azimuth=-0.6), panels)


def thresholds() -> Image.Image:
    """The same prediction with fewer and fewer edges and faces."""
    made = prediction()
    mats = {
        share: made.medial_mesh(PredictSettings(edge_threshold=share, face_threshold=share))
        for share in (0.05, 0.25, 0.7)
    }
    panels = [skinned(f"both thresholds {share}", mat) for share, mat in mats.items()]
    return draw(View.of(list(mats.values()), azimuth=-0.6), panels)


@functools.cache
def prediction() -> Prediction:
    """What the networks make of the chair in the examples."""
    engine = ImageToMat()
    engine.set_image(load_picture(CHAIR))
    return engine.predict()


def fit_to_picture() -> Image.Image:
    """What the shape covers of its picture, before and after."""
    made = prediction()
    mat, cut = made.medial_mesh(PredictSettings()), crop(load_picture(CHAIR), FIT_SIZE)
    found = fit_to_mask(mat, made.camera, cut.image[3])
    rows = (
        ("predicted", mat, made.camera, found.iou_before),
        ("Fit to Picture", found.mat, found.camera, found.iou_after),
    )
    return captioned(
        [
            (f"{name}: overlap {share:.0%}", covering(shape, seen))
            for name, shape, seen, share in rows
        ]
    )


def covering(mat: MedialMesh, camera: Camera) -> Image.Image:
    """The picture on white, blue where the shape is before it."""
    planes = crop(load_picture(CHAIR), SIDE).image
    paper = (planes[:3] + (1 - planes[3:])).transpose(1, 2, 0) * 255
    covered = silhouette(mat, camera, SIDE)[..., None]
    mixed = np.where(covered, 0.45 * paper + 0.55 * np.array(COVERED), paper)
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


if __name__ == "__main__":
    sys.exit(main())
