"""The camera that sees a shape is found; then both follow the picture's mask."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.camera_search import adjust_camera, search_camera
from immat_core.mask_fit import MaskFitSettings, compare_with_mask, fit_to_mask
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.networks.config import NetworkConfig
from immat_core.pose_head import decode_poses

CLOSE = 0.55
"""Overlap with the mask from which on a shape in a camera that was found is drawn to the outline.
Where less fits, the shape or the camera is wrong, and following the outline spoils what is right.
"""

STEPS = 4, 3
"""Of the fit to the mask: for the camera, and at each stiffness. Twice as many gain 1 % of overlap
and nothing in CD."""


def find_camera(
    outputs: Mapping[str, NDArray[np.float32]], alpha: FloatArray, config: NetworkConfig
) -> Camera:
    """Of the cameras that "image2sphere" thinks of, and those near them, what fits the mask."""
    spheres = np.column_stack([outputs["centers"][0], outputs["radii"][0]])
    candidates = decode_poses(outputs["pose"], config)
    return search_camera(candidates, spheres, outputs["dense"][0], alpha)


def follow_mask(
    mat: MedialMesh, camera: Camera, alpha: FloatArray, *, known: bool, draw: bool
) -> tuple[FloatArray, Camera]:
    """The (n, 4) spheres and the camera once both have followed the mask.

    A ``known`` camera stays. Spheres follow where told to ``draw`` them to the outline, but in a
    camera that was found not those of a shape that covers less than ``CLOSE`` of the mask.
    """
    if not known:
        camera = adjust_camera(camera, mat, alpha)
        draw = draw and compare_with_mask(mat, camera, alpha).iou_before >= CLOSE
    if not draw:
        return mat.spheres, camera
    camera_steps, steps = STEPS
    settings = MaskFitSettings(camera_steps=camera_steps, steps=steps, move_camera=not known)
    fitted = fit_to_mask(mat, camera, alpha, settings=settings)
    return fitted.mat.spheres, fitted.camera
