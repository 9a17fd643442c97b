"""The surface of a medial mesh: sparse narrow band, then closed manifold quads or triangles."""

from immat_core.surface.build import build_grid, build_surface
from immat_core.surface.limits import thin_limit
from immat_core.surface.mesh import SurfaceMesh

__all__ = ["SurfaceMesh", "build_grid", "build_surface", "thin_limit"]
