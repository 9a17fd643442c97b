"""What the add-on brings, takes away again, and how it speaks."""

from __future__ import annotations

import re
import subprocess
import sys
from types import SimpleNamespace

import addon_utils
import bpy
import pytest
from conftest import PACKAGE, RESOURCES
from shapes import add_mat, fake_predict, predicted_mat

MENUS = (
    "TOPBAR_MT_file_import",
    "TOPBAR_MT_file_export",
    "VIEW3D_MT_editor_menus",
    "VIEW3D_MT_edit_mesh_context_menu",
    "VIEW3D_MT_object_context_menu",
    "VIEW3D_MT_object_convert",
)
HEAVY = (
    *("onnxruntime", "PIL", "openvdb", "pyopenvdb"),
    *("numba", "llvmlite", "manifold3d", "torch", "scipy"),
)


def our_classes():
    return sorted(
        name
        for base in (
            bpy.types.Operator,
            bpy.types.Panel,
            bpy.types.PropertyGroup,
            bpy.types.AddonPreferences,
            bpy.types.FileHandler,
        )
        for name in (cls.__name__ for cls in base.__subclasses__())
        if name.startswith("IMMAT_") or name in {"SceneSettings", "MatSettings"}
    )


def registered_names():
    return [name for name in dir(bpy.types) if name.startswith("IMMAT_")]


def traces():
    """Everything of ours that Blender knows, by kind."""
    handlers = {
        (name, function.__name__)
        for name in dir(bpy.app.handlers)
        if isinstance(getattr(bpy.app.handlers, name), list)
        for function in getattr(bpy.app.handlers, name)
        if function.__module__.startswith(PACKAGE)
    }
    menus = {
        (menu, function.__name__)
        for menu in MENUS
        for function in getattr(bpy.types, menu)._dyn_ui_initialize()
        if function.__module__.startswith(PACKAGE)
    }
    keymaps = bpy.context.window_manager.keyconfigs.addon
    shortcuts = {
        (keymap.name, item.idname)
        for keymap in (keymaps.keymaps if keymaps else ())
        for item in keymap.keymap_items
        if item.idname.startswith("immat.")
    }
    properties = {
        kind.__name__
        for kind in (bpy.types.Scene, bpy.types.Object, bpy.types.Mesh)
        if hasattr(kind, "immat")
    }
    return {
        "types": set(registered_names()),
        "operators": set(dir(bpy.ops.immat)),
        "handlers": handlers,
        "menus": menus,
        "shortcuts": shortcuts,
        "properties": properties,
    }


def our_timers(addon):
    functions = (addon.live.flush, addon.jobs.poll, addon.previews.poll, addon.compiling.poll)
    return [f.__name__ for f in functions if bpy.app.timers.is_registered(f)]


def test_the_core_comes_from_the_zip(addon):
    import immat_core

    assert immat_core.__file__.startswith(RESOURCES)
    assert addon.__file__.startswith(RESOURCES)


def test_unregister_leaves_nothing_and_register_brings_all_back(addon):
    obj = add_mat(addon)
    obj.data.update()
    bpy.context.view_layer.update()
    assert our_timers(addon) == ["flush"]
    before = traces()
    assert all(before[kind] for kind in ("types", "operators", "handlers", "menus", "properties"))
    addon.unregister()
    try:
        assert {kind: found for kind, found in traces().items() if found} == {}
        assert our_timers(addon) == []
    finally:
        addon.register()
    assert traces() == before


def test_disabling_and_enabling_as_the_user_does(addon):
    before = traces()
    addon_utils.disable(PACKAGE)
    assert not registered_names()
    addon_utils.enable(PACKAGE)
    # Enabling may have made the modules anew; the other tests hold the first ones.
    assert traces().keys() == before.keys()
    assert traces()["types"] == before["types"]


def test_the_shortcut_is_in_the_mesh_keymap(addon):
    keymaps = bpy.context.window_manager.keyconfigs.addon
    if keymaps is None:
        pytest.skip("this Blender has no key configuration without a window")
    (item,) = [i for i in keymaps.keymaps["Mesh"].keymap_items if i.idname == "immat.radius"]
    assert (item.type, item.alt, item.ctrl, item.shift) == ("S", True, False, False)


def test_registering_imports_nothing_heavy(zip_path):
    code = (
        "import bpy, sys, addon_utils\n"
        f"bpy.ops.extensions.package_install_files(filepath={str(zip_path)!r}, "
        "repo='user_default', enable_on_install=True)\n"
        f"assert {PACKAGE!r} in sys.modules\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
        f"addon_utils.disable({PACKAGE!r})\n"
    )
    environment = {"BLENDER_USER_RESOURCES": f"{RESOURCES}/lazy", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd="/", env=environment
    )
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


SMALL_WORDS = {"a", "as", "by", "for", "in", "of", "over", "the", "to", "per"}


def title_case(label):
    words = re.findall(r"[A-Za-z]+", label.replace("glTF", "GLTF"))
    return words[0][0].isupper() and all(w[0].isupper() or w in SMALL_WORDS for w in words)


def described():
    """Every label and description that a user can read."""
    for name in registered_names():
        cls = getattr(bpy.types, name)
        if issubclass(cls, bpy.types.Operator | bpy.types.Panel | bpy.types.FileHandler):
            # Only an operator's docstring is shown to users.
            shown = cls.bl_rna.description if issubclass(cls, bpy.types.Operator) else ""
            yield name, cls.bl_label, shown
    groups = [
        getattr(bpy.types, kind).bl_rna.properties["immat"].fixed_type
        for kind in ("Scene", "Object", "Mesh")
    ]
    operators = [
        getattr(bpy.ops.immat, name).get_rna_type()
        for name in dir(bpy.ops.immat)
        if not name.startswith("_")
    ]
    for group in (*groups, *operators):
        for item in group.properties:
            if item.identifier in {"rna_type", "name"} or item.is_hidden:
                continue
            yield f"{group.identifier}.{item.identifier}", item.name, item.description
            for choice in getattr(item, "enum_items", ()):
                yield f"{item.identifier}.{choice.identifier}", choice.name, choice.description


def test_labels_are_title_case_and_descriptions_imperative_without_a_full_stop(addon):
    checked = list(described())
    assert len(checked) > 40
    assert [(where, label) for where, label, _ in checked if not title_case(label)] == []
    wrong = [
        (where, text)
        for where, _, text in checked
        if text and (text.endswith(".") or not text[0].isupper() or "\n" in text)
    ]
    assert wrong == []


class Layout:
    """Stands in for Blender's layout: checks that what is drawn exists."""

    def __init__(self, drawn):
        self.drawn = drawn

    def prop(self, owner, name, **_details):
        assert name in owner.bl_rna.properties, name
        self.drawn.append(name)

    def operator(self, idname, **_details):
        category, name = idname.split(".")
        getattr(getattr(bpy.ops, category), name).get_rna_type()
        self.drawn.append(idname)
        return SimpleNamespace()

    def label(self, text="", **_details):
        self.drawn.append(text)

    def progress(self, factor, text):
        assert 0 <= factor <= 1
        self.drawn.append(text)

    def template_curve_mapping(self, owner, name):
        assert name in owner.bl_rna.properties, name
        self.drawn.append(name)

    def template_icon(self, icon_value, scale):
        self.drawn.append("icon")

    def row(self, **_details):
        return Layout(self.drawn)

    column = row
    enabled = active = True


def draw(panel):
    """All that a panel draws, as a list; empty where its poll says no."""
    cls = getattr(bpy.types, panel)
    if hasattr(cls, "poll") and not cls.poll(bpy.context):
        return []
    drawn = []
    functions = {k: v for base in cls.__mro__[::-1] for k, v in vars(base).items() if callable(v)}
    stub = type("Stub", (), {k: v for k, v in functions.items() if k.startswith(("draw", "_draw"))})
    panel_stub = stub()
    panel_stub.layout = Layout(drawn)
    panel_stub.draw(bpy.context)
    return drawn


def test_the_tab_is_useful_in_an_empty_file(addon):
    assert draw("IMMAT_PT_picture") == ["immat.load_picture", "picture", "mask"]
    assert draw("IMMAT_PT_predict") == ["immat.predict", "spheres", "size", "seed"]
    for panel in ("IMMAT_PT_edit", "IMMAT_PT_surface", "IMMAT_PT_export"):
        assert draw(panel) == []


def test_the_tab_shows_the_active_mat(addon):
    obj = predicted_mat(addon)
    addon.live.rebuild(obj)
    below = ["stage", "edge_threshold", "face_threshold", "immat.fit_to_picture"]
    assert draw("IMMAT_PT_predict")[-4:] == below
    assert "12 Spheres" in draw("IMMAT_PT_edit")
    assert f"{len(obj.immat.surface.data.polygons)} Faces" in draw("IMMAT_PT_surface")
    exports = [f"immat.export_{name}" for name in ("surface", "mat", "usd", "printing")]
    assert draw("IMMAT_PT_export") == exports
    obj.data.vertices.add(1)
    assert draw("IMMAT_PT_predict")[-2] == "Spheres were added or removed"
    bpy.context.view_layer.objects.active = obj.immat.surface
    assert "13 Spheres" in draw("IMMAT_PT_edit")


def test_parts_and_thickness_are_in_the_tab(addon):
    assert draw("IMMAT_PT_parts") == draw("IMMAT_PT_thickness") == []
    obj = predicted_mat(addon)
    addon.live.rebuild(obj)
    assert {"immat.find_parts", "surface_colors", "immat.separate_by_part"} <= set(
        draw("IMMAT_PT_parts")
    )
    assert "immat.minimum_thickness" in draw("IMMAT_PT_thickness")
    assert bpy.ops.immat.measure_thickness() == {"FINISHED"}
    radius = addon.bridge.read_medial_mesh(obj).radii.min()
    least = addon.thickness.spoken(bpy.context, 2 * radius)
    assert any(text.startswith(f"From {least} to ") for text in draw("IMMAT_PT_thickness"))


def test_the_tools_are_in_the_tab(addon):
    assert draw("IMMAT_PT_tools") == []
    predicted_mat(addon)
    assert {"radius", "sphere_colors"} <= set(draw("IMMAT_PT_edit"))
    drawn = draw("IMMAT_PT_tools")
    assert {"immat.smooth", "immat.snap_to_mesh", "target", "immat.edit_profile"} <= set(drawn)
    assert bpy.ops.immat.edit_profile() == {"FINISHED"}
    assert not bpy.ops.immat.edit_profile.poll()
    assert "mapping" in draw("IMMAT_PT_tools")


def test_the_rig_is_in_the_tab(addon):
    obj = predicted_mat(addon)
    assert draw("IMMAT_PT_rig") == ["immat.add_rig"]
    bpy.ops.immat.add_rig()
    assert draw("IMMAT_PT_rig")[0].startswith(f"{obj.immat.rig.name}: ")
    assert draw("IMMAT_PT_rig")[1] == "immat.remove_rig"


def test_the_tab_shows_a_running_job(addon, monkeypatch):
    import threading

    release = threading.Event()

    def slow(request, progress, should_cancel):
        progress(0.25, "Thinking")
        release.wait(30)
        return fake_predict()(request, progress, should_cancel)

    monkeypatch.setattr(addon.predicting, "run_networks", slow)
    bpy.context.scene.immat["picture"] = "/picture.png"
    bpy.ops.immat.predict()
    while addon.jobs.current().share == 0:
        threading.Event().wait(0.01)
    assert draw("IMMAT_PT_predict")[:2] == ["Thinking (25%)", "immat.cancel"]
    bpy.ops.immat.cancel()
    assert draw("IMMAT_PT_predict")[0] == "Cancelling (25%)"
    release.set()
    addon.jobs.current().wait(30)
    addon.jobs.poll()
    assert draw("IMMAT_PT_predict")[:2] == ["immat.predict", "Cancelled"]
