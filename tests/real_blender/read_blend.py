"""Runs in Blender on a .blend: writes what its mesh objects hold, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bmesh
import bpy


def describe(obj: bpy.types.Object) -> dict[str, Any]:
    """A mesh object in numbers, in its own units."""
    mesh = bmesh.new()
    mesh.from_mesh(obj.data)
    radius = obj.data.attributes.get("radius")
    radii = [entry.value for entry in radius.data] if radius else []
    entry = {
        "name": obj.name,
        "is_mat": obj.immat.is_mat,
        "surface": obj.immat.surface.name if obj.immat.surface else "",
        "vertices": len(mesh.verts),
        "edges": len(mesh.edges),
        "faces": len(mesh.faces),
        "radii": len(radii),
        "smallest_radius": min(radii, default=0.0),
        "open_edges": sum(not edge.is_manifold for edge in mesh.edges),
        "volume": mesh.calc_volume(signed=True),
    }
    mesh.free()
    return entry


out = Path(sys.argv[sys.argv.index("--") + 1])
out.write_text(json.dumps([describe(obj) for obj in bpy.data.objects if obj.type == "MESH"]))
