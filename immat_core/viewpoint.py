"""The camera that sees a shape is found; then both follow the picture's mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.camera_search import adjust_camera, search_camera
from immat_core.mask_fit import MaskFitSettings, compare_with_mask, fit_to_mask
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.networks.config import NetworkConfig
from immat_core.pose_head import decode_poses
from immat_core.size_and_place import box_of, scaled_and_moved

CLOSE = 0.4
"""Overlap with the mask from which on a shape in a camera that was found is drawn to the outline.
Where less fits, the shape or the camera is wrong, and following the outline spoils what is right.
"""

STEPS = 4, 3
"""Of the fit to the mask: for the camera, and at each stiffness. Twice as many gain 1 % of overlap
and nothing in CD."""

TIGHT = MaskFitSettings(misfits=(0.02,) * 4, reach=0.1)
"""Few steps have no time to be loose first: with misfits of 0.06 CD is 0.8 % higher on ``val``."""

STRETCH = 0.04
"""Spread of the logarithm of the whole's stretch along an axis in a known camera, which tells more
of proportions than one that was found: twice the usual spread lowers CD by 1.5 % on ``val``.
"""

DIAGONAL = 1.006
"""Of the box around the true spheres of a shape whose own box has a diagonal of 1."""

TOLD = 0.3
"""How far a shape in a camera that was found goes back to the size and place that all shapes have.
The outline tells nothing of them, but what is wrong elsewhere moves the box too."""

TOLD_DEPTH = 0.6
"""The same for the depth of a shape in a known camera, where the outline tells all but that."""


def find_camera(
    pose: NDArray[np.float64],
    outputs: Mapping[str, NDArray[np.float32]],
    alpha: FloatArray,
    config: NetworkConfig,
) -> Camera:
    """Of the cameras that a pose (p,) speaks of, and those near them, what fits the mask best.

    ``outputs`` are those of "image2sphere".
    """
    spheres = np.column_stack([outputs["centers"][0], outputs["radii"][0]])
    return search_camera(decode_poses(pose, config), spheres, outputs["dense"][0], alpha)


def follow_mask(
    mat: MedialMesh, camera: Camera, alpha: FloatArray, *, known: bool, draw: bool
) -> tuple[FloatArray, Camera]:
    """The (n, 4) spheres and the camera once both have followed the mask.

    A ``known`` camera stays. Spheres follow where told to ``draw`` them to the outline, but in a
    camera that was found not those of a shape that covers less than ``CLOSE`` of the mask. What the
    outline does not tell, size and place, is then brought nearer to those of all shapes.
    """
    spheres = mat.spheres
    if not known:
        camera = adjust_camera(camera, mat, alpha)
    if not draw:
        return spheres, camera
    if known or compare_with_mask(mat, camera, alpha).iou_before >= CLOSE:
        camera_steps, steps = STEPS
        settings = replace(TIGHT, camera_steps=camera_steps, steps=steps, move_camera=not known)
        if known:
            settings = replace(settings, stretch=STRETCH)
        fitted = fit_to_mask(mat, camera, alpha, settings=settings)
        spheres, camera = fitted.mat.spheres, fitted.camera
    return (place_in_depth(spheres, camera), camera) if known else place(spheres, camera)


def place(spheres: FloatArray, camera: Camera) -> tuple[FloatArray, Camera]:
    """Nearer to a box of ``DIAGONAL`` around the origin, the camera along; the picture stays."""
    middle, diagonal = box_of(spheres)
    return scaled_and_moved(spheres, camera, (DIAGONAL / diagonal) ** TOLD, -TOLD * middle)


def place_in_depth(spheres: FloatArray, camera: Camera) -> FloatArray:
    """Scaled about a known camera, so that the box's middle is nearer to the origin's depth."""
    middle, _ = box_of(spheres)
    depth = camera.distance + float(camera.axes[2] @ middle)
    scale = (camera.distance / max(depth, camera.distance / 2)) ** TOLD_DEPTH
    placed = scale * spheres
    placed[:, :3] += (1 - scale) * camera.position
    return np.asarray(placed, np.float32)
