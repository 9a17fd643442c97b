"""Parts and thickness on the surface: attributes, material slots, vertex groups, colors.

They are derived as the surface is: the part of a face and the thickness at a vertex come from the
nearest primitive of the MAT, again after each rebuild. While a MAT is dragged the nearest sphere
stands for it, which takes a tenth of the time. What was painted is a text in the mesh, so that
undo, loading and a second look do nothing twice.
"""

from __future__ import annotations

import hashlib
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh

from . import bridge, parts, sphere_colors, thickness
from .surface_mesh import SIGNATURE, read_surface

PAINT = "immat_paint"
"""What was painted, in the surface's mesh."""
RANGE = "immat_thickness_range"
"""Least and greatest thickness of the heat map, in the object's unit."""
FIRST_SLOT = "immat_first_slot"
"""The material slot of part 1, or of the heat map."""
PART = sphere_colors.PART
THICKNESS, THICKNESS_COLOR = "thickness", "thickness_color"
NONE, BY_PART, BY_THICKNESS = "NONE", "PART", "THICKNESS"
MODES = (
    (NONE, "None", "Show the surface with its own materials"),
    (BY_PART, "Part", "Give each part a material slot and a color of its own"),
    (BY_THICKNESS, "Thickness", "Color the surface from its thinnest to its thickest place"),
)
GROUP_PREFIX = "Part "
CHUNK = 4096
MANY = 1024
"""Spheres from which on looking at all of them takes longer than the exact way."""

counters = {"exact": 0, "quick": 0}
"""How often a surface was painted, for tests."""


def follow(obj: bpy.types.Object, surface: bpy.types.Object, exact: bool = True) -> bool:
    """Bring the paint of a surface up to date; whether nothing better is to come.

    Parameters
    ----------
    exact
        False while the MAT is being dragged.
    """
    mesh = surface.data
    if not parts.has_parts(obj.data) and obj.immat.surface_colors != BY_THICKNESS:
        if PAINT in mesh:
            _wipe(obj, surface)
        return True
    mat = bridge.read_medial_mesh(obj)
    numbers = parts.heal_parts(obj.data, mat)
    wanted = _signature(obj, mesh, numbers)
    if mesh.get(PAINT) in (wanted, wanted if exact else f"{wanted} quick"):
        return bool(mesh[PAINT] == wanted)
    if not len(mat.radii) or not len(mesh.polygons):
        return True
    try:
        vertices, faces = read_surface(mesh)
    except ValueError:  # edited by hand, until the next rebuild
        return True
    _paint(obj, surface, mat, numbers, vertices, faces, exact)
    mesh[PAINT] = wanted if exact else f"{wanted} quick"
    return exact


def measure_now(obj: bpy.types.Object, surface: bpy.types.Object) -> NDArray[np.float64]:
    """Measure the thickness as the user chose, also where that is slow, and show it."""
    mat = bridge.read_medial_mesh(obj)
    vertices, faces = read_surface(surface.data)
    values = thickness.measure(obj.immat.thickness_measure, vertices, faces, mat)
    _write_slots(surface.data, None)
    _write_thickness(surface.data, faces, values, _range(obj, values, mat))
    surface.data[PAINT] = _signature(obj, surface.data, parts.read_parts(obj.data))
    return values


def face_parts(mesh: bpy.types.Mesh) -> IndexArray | None:
    """(f,) int32, the part of each face of a surface in Object Mode; None where it has none."""
    found = mesh.attributes.get(PART)
    if found is None or (found.data_type, found.domain) != ("INT", "FACE"):
        return None
    numbers = np.empty(len(mesh.polygons), np.int32)
    found.data.foreach_get("value", numbers)
    return numbers


def is_measured(obj: bpy.types.Object, mesh: bpy.types.Mesh) -> bool:
    """Whether the heat map is that of the surface as it is; cheap enough for a panel."""
    return THICKNESS in mesh.attributes and RANGE in mesh


# --- painting ------------------------------------------------------------------------------------


def _signature(obj: bpy.types.Object, mesh: bpy.types.Mesh, numbers: IndexArray | None) -> str:
    settings = obj.immat
    digest = hashlib.blake2b(b"" if numbers is None else numbers.tobytes(), digest_size=8)
    options = (settings.surface_colors, settings.thickness_measure, settings.part_groups)
    return " ".join(map(str, (mesh.get(SIGNATURE), digest.hexdigest(), *options)))


def _paint(
    obj: bpy.types.Object,
    surface: bpy.types.Object,
    mat: MedialMesh,
    numbers: IndexArray | None,
    vertices: FloatArray,
    faces: IndexArray,
    exact: bool,
) -> None:
    counters["exact" if exact else "quick"] += 1
    mesh, settings = surface.data, obj.immat
    owners = None
    if numbers is not None:
        owners = numbers[_owners(vertices[faces].mean(1), mat, exact)]
        _write(mesh, PART, "INT", "FACE", owners)
        _write_slots(mesh, owners if settings.surface_colors == BY_PART else None)
        if exact:
            _write_groups(surface, faces, owners if settings.part_groups else None)
    if settings.surface_colors == BY_THICKNESS:
        _write_slots(mesh, None)
        _paint_thickness(obj, mesh, mat, vertices, faces, exact)
    else:
        if numbers is None:
            _write_slots(mesh, None)
        _forget_thickness(mesh)
    mesh.update()


def _owners(points: FloatArray, mat: MedialMesh, exact: bool) -> IndexArray:
    """(n,) the sphere that each point belongs to."""
    if exact or len(mat.radii) > MANY:
        from immat_core.nearest_primitive import nearest_primitives

        return nearest_primitives(points, mat).nearest_spheres
    found = np.empty(len(points), np.int32)
    square = (mat.centers**2).sum(1)
    for begin in range(0, len(points), CHUNK):
        part = points[begin : begin + CHUNK]
        apart = (part**2).sum(1)[:, None] - 2 * part @ mat.centers.T + square
        found[begin : begin + CHUNK] = (np.sqrt(np.maximum(apart, 0)) - mat.radii).argmin(1)
    return found


def _paint_thickness(
    obj: bpy.types.Object,
    mesh: bpy.types.Mesh,
    mat: MedialMesh,
    vertices: FloatArray,
    faces: IndexArray,
    exact: bool,
) -> None:
    kind = obj.immat.thickness_measure
    if not exact:
        values = 2 * mat.radii[_owners(vertices, mat, False)].astype(np.float64)
        _write_thickness(mesh, faces, values, tuple(mesh.get(RANGE, _range(obj, values, mat))))
    elif kind == thickness.DIAMETER:
        # Too slow to follow every edit: it waits for the button.
        _forget_thickness(mesh)
    else:
        values = thickness.measure(kind, vertices, faces, mat)
        _write_thickness(mesh, faces, values, _range(obj, values, mat))


def _range(
    obj: bpy.types.Object, values: NDArray[np.float64], mat: MedialMesh
) -> tuple[float, float]:
    return thickness.shown_range(obj.immat.thickness_measure, values, mat)


def _write_thickness(
    mesh: bpy.types.Mesh,
    faces: IndexArray,
    values: NDArray[np.float64],
    limits: tuple[float, ...],
) -> None:
    from immat_core.colors import heat_colors, to_linear

    low, high = limits
    known = np.where(np.isfinite(values), values, high)
    _write(mesh, THICKNESS, "FLOAT", "POINT", known)
    shares = (known - low) / (high - low) if high > low else np.full(len(known), 0.5)
    colors = np.ones((len(known), 4), np.float32)
    colors[:, :3] = to_linear(heat_colors(shares))
    _write(mesh, THICKNESS_COLOR, "FLOAT_COLOR", "POINT", colors)
    mesh.attributes.active_color_name = THICKNESS_COLOR
    mesh.attributes.default_color_name = THICKNESS_COLOR
    mesh[RANGE] = (low, high)
    _show_heat(mesh, faces, values)


def _forget_thickness(mesh: bpy.types.Mesh) -> None:
    for name in (THICKNESS, THICKNESS_COLOR):
        found = mesh.attributes.get(name)
        if found is not None:
            mesh.attributes.remove(found)
    mesh.pop(RANGE, None)


def _wipe(obj: bpy.types.Object, surface: bpy.types.Object) -> None:
    """Take all paint off a surface."""
    mesh = surface.data
    found = mesh.attributes.get(PART)
    if found is not None:
        mesh.attributes.remove(found)
    _forget_thickness(mesh)
    _write_slots(mesh, None)
    _write_groups(surface, np.empty((0, 3), np.int32), None)
    del mesh[PAINT]
    mesh.update()


def _write(mesh: bpy.types.Mesh, name: str, kind: str, domain: str, values: NDArray[Any]) -> None:
    found = mesh.attributes.get(name)
    if found is not None and (found.data_type, found.domain) != (kind, domain):
        mesh.attributes.remove(found)
        found = None
    made = found or mesh.attributes.new(name, kind, domain)
    if kind == "FLOAT_COLOR":
        made.data.foreach_set("color", np.ascontiguousarray(values, np.float32).ravel())
    else:
        dtype = np.int32 if kind == "INT" else np.float32
        made.data.foreach_set("value", np.ascontiguousarray(values, dtype))


# --- materials and groups ------------------------------------------------------------------------


def _write_slots(mesh: bpy.types.Mesh, owners: IndexArray | None) -> None:
    """Give each part a material slot; None takes ours away and leaves the user's."""
    if owners is None:
        if FIRST_SLOT in mesh:
            _drop_slots(mesh, int(mesh[FIRST_SLOT]))
            del mesh[FIRST_SLOT]
            _write(mesh, "material_index", "INT", "FACE", np.zeros(len(mesh.polygons)))
        return
    if _shows_heat(mesh):
        _write_slots(mesh, None)
    if FIRST_SLOT not in mesh:
        mesh[FIRST_SLOT] = len(mesh.materials)
    first = int(mesh[FIRST_SLOT])
    # A material that the user put into a part's slot stays there.
    for number in range(len(mesh.materials) - first + 1, int(owners.max()) + 1):
        mesh.materials.append(sphere_colors.part_material(number))
    _write(mesh, "material_index", "INT", "FACE", first + owners - 1)


def _shows_heat(mesh: bpy.types.Mesh) -> bool:
    first = mesh.get(FIRST_SLOT, len(mesh.materials))
    return first < len(mesh.materials) and mesh.materials[first] in sphere_colors.heat_materials()


def _drop_slots(mesh: bpy.types.Mesh, first: int) -> None:
    while len(mesh.materials) > first:
        last = mesh.materials[-1]
        if last is not None and not sphere_colors.is_ours(last):
            return
        mesh.materials.pop(index=len(mesh.materials) - 1)


def _show_heat(mesh: bpy.types.Mesh, faces: IndexArray, values: NDArray[np.float64]) -> None:
    """Slots with the materials of the spheres' heat map, which show in every shading mode."""
    materials = sphere_colors.heat_materials()
    low, high = mesh[RANGE]
    known = np.where(np.isfinite(values), values, high)[faces].mean(1)
    shares = (known - low) / (high - low) if high > low else np.full(len(known), 0.5)
    steps = len(materials) - 1
    mesh[FIRST_SLOT] = len(mesh.materials)
    for material in materials:
        mesh.materials.append(material)
    bands = np.rint(np.clip(shares, 0, 1) * steps)
    _write(mesh, "material_index", "INT", "FACE", int(mesh[FIRST_SLOT]) + bands)


def _write_groups(surface: bpy.types.Object, faces: IndexArray, owners: IndexArray | None) -> None:
    """A vertex group a part, "Part 1" and so on; None removes them."""
    groups = surface.vertex_groups
    ours = [g for g in groups if g.name.removeprefix(GROUP_PREFIX).isdigit()]
    if owners is None:
        for group in ours:
            groups.remove(group)
        return
    for number in np.unique(owners).tolist():
        name = f"{GROUP_PREFIX}{number}"
        group = groups.get(name) or groups.new(name=name)
        members = np.unique(faces[owners == number])
        group.remove(range(len(surface.data.vertices)))
        group.add(members.tolist(), 1.0, "REPLACE")
