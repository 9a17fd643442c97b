"""Tools that change a medial mesh, as plain geometry: each says what becomes of its spheres."""

from immat_core.editing.chains import along_tubes, chains, curve_edges, thicken_tubes
from immat_core.editing.connect import connect_nearest, join_pieces
from immat_core.editing.dissolve import dissolve
from immat_core.editing.draft import MedialEdit
from immat_core.editing.inscribe import maximal_ball
from immat_core.editing.insert import insert_on_edges, insert_on_faces
from immat_core.editing.relax import smooth_chosen
from immat_core.editing.symmetrize import symmetrize

__all__ = [
    "MedialEdit",
    "along_tubes",
    "chains",
    "connect_nearest",
    "curve_edges",
    "dissolve",
    "insert_on_edges",
    "insert_on_faces",
    "join_pieces",
    "maximal_ball",
    "smooth_chosen",
    "symmetrize",
    "thicken_tubes",
]
