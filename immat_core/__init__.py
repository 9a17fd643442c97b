"""Image to MAT's library: medial meshes, their surface, and their prediction from a picture.

Importing it needs NumPy alone; what a part needs beyond that is imported where it is used.
"""

from immat_core.errors import UserError
from immat_core.image import load_picture
from immat_core.medial_mesh import MedialMesh
from immat_core.predict import ImageToMat, PredictSettings
from immat_core.surface import build_surface

__all__ = [
    "ImageToMat",
    "MedialMesh",
    "PredictSettings",
    "UserError",
    "build_surface",
    "load_picture",
]
