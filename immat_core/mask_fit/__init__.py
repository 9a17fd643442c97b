"""A medial mesh is drawn to the mask of its picture, its camera with it."""

from immat_core.mask_fit.fit import FIT_SIZE, compare_with_mask, fit_to_mask
from immat_core.mask_fit.settings import MaskFit, MaskFitSettings

__all__ = ["FIT_SIZE", "MaskFit", "MaskFitSettings", "compare_with_mask", "fit_to_mask"]
