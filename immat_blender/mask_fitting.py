"""A predicted MAT is drawn to the outline in its picture: plain values, safe in any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh

from .predicting import load_masked_picture

if TYPE_CHECKING:
    from immat_core.mask_fit import MaskFit

    from .jobs import Progress

OVERLAP = "immat_overlap"
"""Property of a MAT's mesh that says how well it covers the picture's mask."""

Box = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class MaskFitRequest:
    """Everything that a fit depends on, and the object that it is of.

    Attributes
    ----------
    uid
        The object's session id.
    signature
        Of its MAT when the fit began.
    mat
        In units of the prediction.
    camera, crop_box
        As ``Prediction`` has them.
    size
        Object units per unit of the prediction.
    """

    uid: int
    signature: str
    picture: str
    mask: str
    mat: MedialMesh
    camera: Camera
    crop_box: Box
    size: float


@dataclass(frozen=True, eq=False)
class MaskFitOutcome:
    """What a fit gave, and the crop that its camera is of."""

    request: MaskFitRequest
    fit: MaskFit
    crop_box: Box


def fit(
    request: MaskFitRequest, progress: Progress, should_cancel: Callable[[], bool]
) -> MaskFitOutcome:
    """Read the picture and fit; raises ``Cancelled`` and ``UserError``."""
    from immat_core.image import crop
    from immat_core.mask_fit import FIT_SIZE, fit_to_mask

    progress(0.0, "Reading the picture")
    cut = crop(load_masked_picture(request.picture, request.mask), FIT_SIZE)
    fitted = fit_to_mask(
        request.mat,
        camera_of_crop(request.camera, request.crop_box, cut.box),
        cut.image[3],
        on_progress=lambda share, what: progress(0.1 + 0.9 * share, what.capitalize()),
        should_cancel=should_cancel,
    )
    return MaskFitOutcome(request, fitted, cut.box)


def camera_of_crop(camera: Camera, old: Box, new: Box) -> Camera:
    """The camera of another crop of the same picture, as when the mask was painted anew."""
    larger = old[2] / new[2]
    shifts = (
        (shift + 1) * larger + 2 * (old[axis] - new[axis]) / new[2] - 1
        for axis, shift in enumerate((camera.shift_u, camera.shift_v))
    )
    shift_u, shift_v = shifts
    return replace(camera, focal=camera.focal * larger, shift_u=shift_u, shift_v=shift_v)


def summary(found: MaskFit) -> str:
    """A short line on how well the shape covers the mask."""
    return f"Overlap {found.iou_before:.0%}, now {found.iou_after:.0%}"
