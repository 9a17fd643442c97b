"""Rays against a mesh of triangles, compiled with Numba."""

from immat_core.rays.caster import RayCaster

__all__ = ["RayCaster"]
