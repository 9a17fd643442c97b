"""Image to MAT's library: medial meshes, their surface, and their prediction from a picture.

Importing it needs NumPy alone; what a part needs beyond that is imported where it is used.
"""

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

__all__ = ["MedialMesh", "UserError"]
