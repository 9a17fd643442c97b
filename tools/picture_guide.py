"""Draw the pictures of single tools in docs/images: before and after, side by side.

``python -m tools.picture_guide [NAME ...]`` writes ``tool_NAME.png`` of all tools, or of those that
are named. The shapes are changed by the functions that Blender's operators call; no window is
needed. Look at the pictures before they are committed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from immat_core import editing, kernels
from immat_core.colors import heat_colors, part_colors
from immat_core.medial_mesh import MedialMesh
from immat_core.part_split import split_parts
from immat_core.segmentation import segment_faces, segment_spheres
from immat_core.simplify import simplify
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.crisp import crisp_surface
from immat_core.surface.reduce import reduce_faces
from immat_core.thickness import (
    WALL,
    face_thickness,
    medial_thickness,
    vertex_normals,
    with_minimum_thickness,
)
from tools.guide_drawing import CLAY, Panel, View, draw, skinned
from tools.guide_shapes import lamp, marked, medial_mesh, quadruped, rough_tube, stool

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
COLORS = 128
VOXEL = 0.02


def with_radii(mat: MedialMesh, radii: NDArray[np.floating[Any]]) -> MedialMesh:
    """The same places and connections with other radii."""
    return medial_mesh(mat.centers, radii, mat.edges, mat.faces)


def radius() -> Image.Image:
    """What Alt S, Set Radius and the field do to the same three spheres."""
    mat = lamp()
    mask = marked(mat, 2, 3, 8)
    scaled, one = mat.radii.copy(), mat.radii.copy()
    scaled[mask] *= 1.7
    one[mask] = 0.12
    panels = [
        skinned("selected", mat, mask),
        skinned("Scale Radius 1.7", with_radii(mat, scaled), mask),
        skinned("Set Radius 0.12", with_radii(mat, one), mask),
    ]
    return draw(View.of([mat, with_radii(mat, scaled)], height=280), panels)


def smooth() -> Image.Image:
    """All spheres of a rough tube, four times."""
    mat = rough_tube()
    spheres = editing.smooth_chosen(mat, None, 0.5, 4)
    after = medial_mesh(spheres[:, :3], spheres[:, 3], mat.edges)
    every = np.ones(11, bool)
    view = View.of([mat, after], 330, 190, azimuth=0.3)
    return draw(view, [skinned("before", mat, every), skinned("Smooth Spheres, 4 x", after, every)])


def insert() -> Image.Image:
    """Two spheres on edges of the tube, one in each face of the foot."""
    mat = lamp()
    edge = editing.insert_on_edges(mat, [[2, 3], [4, 5]])
    face = editing.insert_on_faces(mat, mat.faces)
    old = len(mat.radii)
    added = [np.arange(len(e.mat.radii)) >= old for e in (edge, face)]
    panels = [
        skinned("before", mat),
        skinned("Insert on Edges", edge.mat, added[0]),
        skinned("Insert on Faces", face.mat, added[1]),
    ]
    return draw(View.of([mat], height=280, elevation=0.5), panels)


def dissolve() -> Image.Image:
    """Every other sphere of a tube goes; its neighbours make up for it."""
    mat = rough_tube()
    mat = medial_mesh(editing.smooth_chosen(mat, None, 0.5, 4)[:, :3], np.full(11, 0.15), mat.edges)
    mask = marked(mat, 2, 4, 6, 8)
    after = editing.dissolve(mat, mask).mat
    view = View.of([mat, after], 330, 190, azimuth=0.3)
    return draw(view, [skinned("selected", mat, mask), skinned("Dissolve Spheres", after)])


def connect() -> Image.Image:
    """Legs that came off a stool: one sphere joined to the nearest two, then all loose pieces."""
    whole = stool()
    kept = [edge for edge in whole.edges.tolist() if 10 not in edge and 22 not in edge]
    mat = medial_mesh(whole.centers, whole.radii, kept, whole.faces)
    mask = marked(mat, 10)
    panels = [
        skinned("selected", mat, mask),
        skinned("Connect to Nearest, 2", editing.connect_nearest(mat, mask, 2).mat, mask),
        skinned("Loose Pieces", editing.join_pieces(mat).mat),
    ]
    return draw(View.of([mat]), panels)


def symmetrize() -> Image.Image:
    """Half of an animal becomes a whole one."""
    mat = quadruped()
    after = editing.symmetrize(mat, 0, 1, 0.02, 0.0).mat
    view = View.of([mat, after], 300, 230, azimuth=1.0)
    return draw(view, [skinned("before", mat), skinned("Symmetrize MAT, +X to -X", after)])


def thicken() -> Image.Image:
    """A straight and an arched profile along the lamp's tube."""
    mat = lamp()
    tube = marked(mat, 3)
    straight = editing.thicken_tubes(mat, lambda at: 2.2 - 1.4 * at, tube)
    arch = editing.thicken_tubes(mat, lambda at: 1 + 1.5 * np.sin(np.pi * at), tube)
    panels = [
        skinned("one sphere selected", mat, tube),
        skinned("Linear, 2.2 to 0.8", with_radii(mat, straight)),
        skinned("Arch, 1 to 2.5", with_radii(mat, arch)),
    ]
    return draw(View.of([with_radii(mat, arch), mat], height=280), panels)


def snap() -> Image.Image:
    """Small spheres that lie beside the middle of a vase, and what fits into it."""
    height = np.linspace(-0.6, 0.6, 9)
    wide = 0.24 + 0.1 * np.cos(5 * height)
    target = build_surface(
        medial_mesh(np.stack([0 * height, 0 * height, height], 1), wide, _chain(9)), VOXEL
    )
    places = np.array([[0.07, 0.0, z] for z in (-0.55, -0.3, 0.0, 0.3, 0.55)])
    mat = medial_mesh(places, np.full(5, 0.04), _chain(5))
    tree = cKDTree(target.vertices)
    normals = vertex_normals(target.vertices.astype(np.float64), target.triangles)

    def nearest(point: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        index = tree.query(point)[1]
        return target.vertices[index].astype(np.float64), normals[index]

    balls = [editing.maximal_ball(center, nearest, 1.0) for center in places]
    after = medial_mesh(np.array([b[0] for b in balls]), [b[1] for b in balls], mat.edges)
    every = np.ones(5, bool)
    panels = [
        Panel("in the target", mat, every, surface=target),
        Panel("Snap to Mesh", after, every, surface=target),
        skinned("its surface", after),
    ]
    shape = medial_mesh(np.stack([0 * height, 0 * height, height], 1), wide)
    return draw(View.of([shape], 180, 260, elevation=0.1), panels)


def reduce() -> Image.Image:
    """A stool of many spheres, of fewer and of few."""
    mat = simplify(stool(), 120)
    panels = [skinned(f"{n} spheres", mat if n == 120 else simplify(mat, n)) for n in (120, 40, 16)]
    return draw(View.of([mat]), panels)


def sphere_colors() -> Image.Image:
    """Balls by radius and by part."""
    mat = stool()
    mat = with_radii(mat, mat.radii * np.linspace(0.8, 1.3, 25).astype(np.float32))
    low, high = mat.radii.min(), mat.radii.max()
    shown = heat_colors((mat.radii - low) / (high - low))
    parts = part_colors(segment_spheres(mat).parts + 1)
    panels = [Panel("Radius", mat, balls=shown), Panel("Part", mat, balls=parts)]
    return draw(View.of([mat]), panels)


def surface() -> Image.Image:
    """What Voxel Size, Quads and Keep Thin Parts do."""
    mat = lamp()
    thin = with_radii(mat, mat.radii * np.where(np.arange(13) < 8, 0.25, 1).astype(np.float32))
    rows = (
        ("Voxel Size 0.06", mat, {"voxel": 0.06, "quads": False}),
        ("Voxel Size 0.03", mat, {"voxel": 0.03, "quads": False}),
        ("Quads", mat, {"voxel": 0.06, "quads": True}),
        ("too thin for 0.06", thin, {"voxel": 0.06, "quads": False}),
        ("Keep Thin Parts", thin, {"voxel": 0.06, "quads": False, "clamp_thin": True}),
    )
    panels = [
        Panel(caption, surface=build_surface(shape, **options), wires=True)  # type: ignore[arg-type]
        for caption, shape, options in rows
    ]
    return draw(View.of([mat], 160, 260), panels)


def select_part() -> Image.Image:
    """A sphere of a leg, the whole leg, and the leg's lower half as a part of its own."""
    mat = stool()
    parts = segment_spheres(mat).parts
    some = marked(mat, 11)
    whole = np.isin(parts, parts[some])
    assigned = np.where(marked(mat, 11, 12), parts.max() + 1, parts)
    panels = [
        skinned("selected", mat, some),
        skinned("Select Part", mat, whole),
        Panel("Assign Part to two spheres", mat, balls=part_colors(assigned + 1)),
    ]
    return draw(View.of([mat]), panels)


def separate() -> Image.Image:
    """Parts in their colors, and pulled apart after Separate MAT."""
    mat = stool()
    parts = segment_spheres(mat).parts
    shown = build_surface(mat, VOXEL, quads=False)
    faces = segment_faces(shown.vertices, shown.faces, mat, parts)
    panels = [Panel("Find Parts", surface=shown, colors=part_colors(faces + 1))]
    pulled, colors = [], []
    for piece in split_parts(mat, parts):
        made = build_surface(piece.mat, VOXEL, quads=False)
        away = 0.35 * piece.mat.centers.mean(0) * [1, 1, 0.6]
        pulled.append(SurfaceMesh((made.vertices + away).astype(np.float32), made.faces))
        colors.append(np.tile(part_colors(piece.part + 1), (len(made.faces), 1)))
    panels.append(Panel("Separate MAT", surface=_union(pulled), colors=np.concatenate(colors)))
    wide = medial_mesh(mat.centers * 1.25, mat.radii)
    return draw(View.of([wide], 260, 230), panels)


def thickness() -> Image.Image:
    """The three measures of one shape, in the same colors."""
    mat = stool(seat=0.04, legs=0.07)
    shown = build_surface(mat, VOXEL, quads=False)
    middles = shown.vertices[shown.triangles].mean(1)
    measured = {
        "Medial": medial_thickness(middles, mat),
        "Wall": face_thickness(shown.vertices, shown.triangles, WALL),
        "Shape Diameter": face_thickness(shown.vertices, shown.triangles),
    }
    panels = [
        Panel(name, surface=shown, colors=heat_colors((values - 0.06) / (0.22 - 0.06)))
        for name, values in measured.items()
    ]
    return draw(View.of([mat]), panels)


def minimum() -> Image.Image:
    """Thin legs selected, then thickened."""
    mat = stool(seat=0.06, legs=0.02)
    thin = 2 * mat.radii < 0.09
    made = with_minimum_thickness(mat, 0.09)
    panels = [
        skinned("Thinner Than 0.09", mat, thin),
        skinned("Set Minimum Thickness 0.09", made.mat, made.raised),
    ]
    return draw(View.of([mat, made.mat]), panels)


def printing() -> Image.Image:
    """What the report calls too thin, and what Thicken Thin Parts prints."""
    mat = stool(seat=0.06, legs=0.02)
    thick = with_minimum_thickness(mat, 0.09).mat
    shown, printed = (build_surface(one, VOXEL / 2, quads=False) for one in (mat, thick))
    walls = medial_thickness(shown.vertices[shown.triangles].mean(1), mat)
    colors = np.where(walls[:, None] < 0.09, [0.88, 0.25, 0.2], np.array(CLAY) / 255)
    panels = [
        Panel("too thin for the printer", surface=shown, colors=colors),
        Panel("Thicken Thin Parts", surface=printed),
    ]
    return draw(View.of([mat, thick]), panels)


def export() -> Image.Image:
    """The surface as it is shown, with sharp creases, and of few triangles."""
    mat = lamp()
    rows = (
        ("as shown", build_surface(mat, 0.04, quads=False)),
        ("Crisp", crisp_surface(mat, 0.005)),
        ("800 Triangles", reduce_faces(build_surface(mat, VOXEL, quads=False), 800)),
    )
    near = medial_mesh(mat.centers[[0, 1, 9, 10, 11, 12]], mat.radii[[0, 1, 9, 10, 11, 12]])
    view = View.of([near], 300, 220, elevation=0.55)
    return draw(view, [Panel(name, surface=made, wires=True) for name, made in rows])


def _chain(count: int) -> list[list[int]]:
    return [[i, i + 1] for i in range(count - 1)]


def _union(pieces: list[SurfaceMesh]) -> SurfaceMesh:
    """Several surfaces as one, none joined."""
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    faces = [piece.faces + start for piece, start in zip(pieces, starts, strict=False)]
    return SurfaceMesh(
        np.concatenate([piece.vertices for piece in pieces]),
        np.concatenate(faces).astype(np.int32),
    )


PICTURES: dict[str, Callable[[], Image.Image]] = {
    made.__name__: made
    for made in (
        radius, smooth, insert, dissolve, connect, symmetrize, thicken, snap, reduce,
        sphere_colors, surface, select_part, separate, thickness, minimum, printing, export,
    )
}  # fmt: skip


def write(name: str, picture: Image.Image) -> None:
    """Write a picture in few colors into the docs."""
    path = IMAGES / f"tool_{name}.png"
    # The median cut would give a small patch of orange the gray of its neighbours.
    few = picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"docs/images/{path.name}: {path.stat().st_size / 1e3:.0f} kB", flush=True)


def main(argv: list[str] | None = None) -> int:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(prog="tools.picture_guide", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}")
    names = parser.parse_args(argv).names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no picture {', '.join(sorted(unknown))}")
    kernels.load()
    for name in names:
        write(name, PICTURES[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
