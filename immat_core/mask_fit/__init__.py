"""A medial mesh is drawn to the mask of its picture, its camera with it."""

from immat_core.mask_fit.fit import fit_to_mask
from immat_core.mask_fit.settings import MaskFit, MaskFitSettings

__all__ = ["MaskFit", "MaskFitSettings", "fit_to_mask"]
