"""What the user is told about parts that are thinner than the voxel holds."""

import math

from immat_core.medial_mesh import MedialMesh

from .surface_route import SurfaceSettings


def thin_warning(mat: MedialMesh, settings: SurfaceSettings) -> str:
    """One line with the voxel that holds every part; empty where this one does.

    The voxel that it names is rounded down, so that whoever types it is not told again.
    """
    from immat_core.surface import thin_limit

    limit = thin_limit(mat)
    if settings.voxel <= limit:
        return ""
    unit = 10.0 ** (math.floor(math.log10(limit)) - 2)
    holding = f"{math.floor(limit / unit) * unit:.3g}"
    if settings.keep_thin:
        return f"Thin parts are shown thicker; a voxel of {holding} shows them as they are"
    return f"Thin parts may break; try a voxel of {holding}"
