# mypy: disable-error-code="valid-type"
"""Tools on the spheres: smooth, insert, dissolve, connect, symmetrize."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from .. import bridge, edits, objects

PLACES = (
    ("EDGES", "Edges", "Put spheres on the selected edges and split the faces beside them"),
    ("FACES", "Faces", "Put a sphere in the middle of each selected face"),
)
CONNECTIONS = (
    ("NEAREST", "Nearest Spheres", "Join each selected sphere to the nearest one"),
    ("PIECES", "Loose Pieces", "Join the pieces that are selected to what is nearest"),
)  # fmt: skip
DIRECTIONS = tuple(
    (
        f"{'POSITIVE' if sign == '+' else 'NEGATIVE'}_{axis}",
        f"{sign}{axis} to {'-' if sign == '+' else '+'}{axis}",
        f"Keep the half on the {'positive' if sign == '+' else 'negative'} side of {axis}",
    )
    for axis in "XYZ"
    for sign in "+-"
)
PLANES = (
    ("ORIGIN", "Object Origin", "Mirror at the object's origin"),
    ("MIDDLE", "Middle", "Mirror at the middle of all spheres"),
    ("CURSOR", "3D Cursor", "Mirror at the 3D cursor"),
)


class EditsMat:
    """The frame of every tool that changes the spheres of the active MAT."""

    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    needs_edit_mode: ClassVar[bool] = False
    """Whether the tool is for selected spheres alone; others take all of them in Object Mode."""
    needs_selection: ClassVar[bool] = True
    """Whether the tool does nothing when no sphere is selected in Edit Mode."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT that can be edited, in a mode that has its spheres."""
        obj = objects.active_mat(context)
        reason = ""
        if obj is None:
            reason = "Select a MAT object"
        elif obj.data.library is not None:
            reason = "This MAT is linked from another file"
        elif context.mode not in {"OBJECT", "EDIT_MESH"}:
            reason = "Go to Object Mode or Edit Mode first"
        elif context.mode == "EDIT_MESH" and not obj.data.is_editmode:
            reason = "The surface is being edited, not the MAT"
        elif cls.needs_edit_mode and context.mode != "EDIT_MESH":
            reason = "Go to Edit Mode and select spheres"
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the MAT and its selection, and hand them to the tool."""
        obj: Any = objects.active_mat(context)
        chosen = bridge.selected_spheres(obj.data)
        if not (chosen.any() if self.needs_selection else len(chosen)):
            return self._give_up("WARNING", "No sphere is selected")
        try:
            done = self.change(context, obj, bridge.read_medial_mesh(obj), chosen)
        except UserError as error:
            return self._give_up("ERROR", str(error))
        except ValueError as error:
            return self._give_up("ERROR", f"This MAT cannot be read: {error}")
        if done:
            self.report({"INFO"}, done)  # type: ignore[attr-defined]
        return {"FINISHED"}

    def change(
        self,
        context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Change the MAT; what was done, in a few words, or nothing.

        Raises
        ------
        UserError
            When there is nothing that could be done.
        """
        raise NotImplementedError

    def _give_up(self, kind: str, why: str) -> set[str]:
        self.report({kind}, why)  # type: ignore[attr-defined]
        return {"CANCELLED"}


class IMMAT_OT_smooth(EditsMat, bpy.types.Operator):
    """Move the selected spheres toward the mean of those they are connected to, radii too"""

    bl_idname = "immat.smooth"
    bl_label = "Smooth Spheres"

    weight: FloatProperty(
        name="Weight",
        description="Set how much a sphere's own place counts; the smaller, the smoother",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    repeat: IntProperty(
        name="Repeat",
        description="Set how often to smooth",
        default=1,
        min=1,
        soft_max=50,
        max=1000,
    )
    centers: BoolProperty(name="Centers", description="Move the spheres", default=True)
    radii: BoolProperty(name="Radii", description="Change the radii", default=True)

    def change(
        self,
        _context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Smooth by the paper's Eq. (4)."""
        from immat_core.editing import smooth_chosen

        spheres = smooth_chosen(
            mat, chosen, self.weight, self.repeat, centers=self.centers, radii=self.radii
        )
        bridge.write_spheres(obj.data, spheres)
        return ""


class IMMAT_OT_insert_spheres(EditsMat, bpy.types.Operator):
    """Put spheres on the selected edges or faces; the shape stays as it is"""

    bl_idname = "immat.insert_spheres"
    bl_label = "Insert Spheres"
    needs_edit_mode = True

    place: EnumProperty(
        name="On", description="Choose where the spheres go", items=PLACES, options={"SKIP_SAVE"}
    )
    count: IntProperty(
        name="Count", description="Set how many spheres go on an edge", default=1, min=1, max=100
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Show what counts."""
        self.layout.use_property_split = True
        self.layout.prop(self, "place")
        if self.place == "EDGES":
            self.layout.prop(self, "count")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """On faces where faces are what is picked, unless told otherwise."""
        if not self.properties.is_property_set("place"):
            self.place = "FACES" if context.tool_settings.mesh_select_mode[2] else "EDGES"
        return super().execute(context)

    def change(
        self,
        _context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        _chosen: NDArray[np.bool_],
    ) -> str:
        """Insert, and leave the new spheres selected."""
        from immat_core.editing import insert_on_edges, insert_on_faces

        edges, faces = edits.selected_edges(obj.data), edits.selected_faces(obj.data)
        if not len(faces if self.place == "FACES" else edges):
            what = self.place.lower()
            raise UserError(f"No {what} are selected", f"Select both ends of {what}")
        if self.place == "FACES":
            edit = insert_on_faces(mat, faces)
        else:
            edit = insert_on_edges(mat, edges, self.count)
        # In the other modes single vertices cannot be selected.
        bpy.ops.mesh.select_mode(type="VERT")
        edits.apply_edit(obj.data, edit)
        return f"{len(edit.mat.radii) - len(mat.radii)} spheres inserted"


class IMMAT_OT_dissolve_spheres(EditsMat, bpy.types.Operator):
    """Remove the selected spheres and join their neighbors so that the shape changes least"""

    bl_idname = "immat.dissolve_spheres"
    bl_label = "Dissolve Spheres"
    needs_edit_mode = True

    refit: BoolProperty(
        name="Refit Neighbors",
        description="Let the neighbors move and change their radius to keep the shape",
        default=True,
    )

    def change(
        self,
        _context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Dissolve."""
        from immat_core.editing import dissolve

        edits.apply_edit(obj.data, dissolve(mat, chosen, refit=self.refit))
        return f"{int(chosen.sum())} spheres dissolved"


class IMMAT_OT_connect_nearest(EditsMat, bpy.types.Operator):
    """Join the selected spheres, or the pieces that they are in, to what lies nearest"""

    bl_idname = "immat.connect_nearest"
    bl_label = "Connect to Nearest"

    mode: EnumProperty(
        name="Join", description="Choose what is joined", items=CONNECTIONS, options={"SKIP_SAVE"}
    )
    count: IntProperty(
        name="Count", description="Set how many edges each sphere gets", default=1, min=1, max=32
    )
    among_selected: BoolProperty(
        name="Among Selected", description="Join selected spheres to selected ones alone"
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Show what counts."""
        self.layout.use_property_split = True
        self.layout.prop(self, "mode")
        if self.mode == "NEAREST":
            self.layout.prop(self, "count")
            self.layout.prop(self, "among_selected")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """In Object Mode nothing is selected: loose pieces are meant, unless told otherwise."""
        if not self.properties.is_property_set("mode"):
            self.mode = "PIECES" if context.mode == "OBJECT" else "NEAREST"
        return super().execute(context)

    def change(
        self,
        _context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Add the edges."""
        from immat_core.editing import connect_nearest, join_pieces

        if self.mode == "PIECES":
            edit = join_pieces(mat, chosen)
        else:
            edit = connect_nearest(mat, chosen, self.count, among_chosen=self.among_selected)
        added = len(edit.mat.edges) - len(mat.edges)
        if not added:
            raise UserError("Nothing is left to be joined")
        edits.apply_edit(obj.data, edit)
        return f"{added} edges added"


class IMMAT_OT_symmetrize(EditsMat, bpy.types.Operator):
    """Replace one half of the MAT by the mirror image of the other, radii too"""

    bl_idname = "immat.symmetrize"
    bl_label = "Symmetrize MAT"
    needs_selection = False

    direction: EnumProperty(
        name="Direction", description="Choose the half that is kept", items=DIRECTIONS
    )
    plane: EnumProperty(name="Plane", description="Choose where to mirror", items=PLANES)
    snap: FloatProperty(
        name="Snap",
        description="Put spheres that are this near to the plane onto it",
        default=0.01,
        min=0.0,
        soft_max=1.0,
        subtype="DISTANCE",
    )

    def change(
        self,
        context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        _chosen: NDArray[np.bool_],
    ) -> str:
        """Cut, drop the other half and mirror."""
        from immat_core.editing import symmetrize

        side, letter = self.direction.split("_")
        axis = "XYZ".index(letter)
        plane = 0.0
        if self.plane == "MIDDLE":
            plane = float(mat.bounds[:, axis].mean())
        elif self.plane == "CURSOR":
            plane = float((obj.matrix_world.inverted() @ context.scene.cursor.location)[axis])
        edit = symmetrize(mat, axis, 1 if side == "POSITIVE" else -1, self.snap, plane)
        if not len(edit.mat.radii):
            raise UserError("No sphere lies on the side that is kept", "Choose the other direction")
        edits.apply_edit(obj.data, edit)
        return f"{len(edit.mat.radii)} spheres"


CLASSES = (
    IMMAT_OT_smooth,
    IMMAT_OT_insert_spheres,
    IMMAT_OT_dissolve_spheres,
    IMMAT_OT_connect_nearest,
    IMMAT_OT_symmetrize,
)
