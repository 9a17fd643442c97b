"""Silhouettes of medial meshes, and masks to hold them against."""

from immat_core.silhouette.discs import Web, project_discs
from immat_core.silhouette.mask import MaskField, mask_field
from immat_core.silhouette.render import (
    covered_cells,
    nearest_hulls,
    overlap,
    silhouette,
    soft_discs,
)

__all__ = [
    "MaskField",
    "Web",
    "covered_cells",
    "mask_field",
    "nearest_hulls",
    "overlap",
    "project_discs",
    "silhouette",
    "soft_discs",
]
