"""The surface of a medial mesh: sparse narrow band, OpenVDB level set, closed manifold quads."""

from immat_core.surface.build import build_grid, build_surface, thin_limit
from immat_core.surface.mesh import SurfaceMesh

__all__ = ["SurfaceMesh", "build_grid", "build_surface", "thin_limit"]
