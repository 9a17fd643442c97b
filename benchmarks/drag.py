"""What a drag costs in Blender: from a sphere's new place to the new mesh of the surface.

``python benchmarks/drag.py`` with Blender as a module, or in the program
``blender -b --python benchmarks/drag.py -- --mat CHAIR.ma`` where the extension is installed
(SciPy, which shapes the chair, is not there). Also ``--voxel H``, ``--steps N`` and ``--reference``
(without compiled kernels).

A chair of 256 spheres is dragged by the sphere at a leg's end, in Object Mode and in Edit Mode,
through the handler and the timer's callback. The "Blender" share is its own update of the scene.
It is processor time, since that depends little on what else runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

import bpy  # noqa: E402
import numpy as np  # noqa: E402

EXTENSION = "bl_ext.user_default.image_to_mat"
WARM_UP = 3
PER_STEP = 0.02
"""Of the chair's height, how far the sphere moves in a step."""


class Stopwatch:
    """Processor seconds of each step, by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}
        self.steps: list[float] = []
        self._originals: list[tuple[Any, str, Any]] = []

    def watch(self, owner: Any, function: str, stage: str) -> None:
        """Add what a function takes to the stage of the step that runs."""
        original: Callable[..., Any] = getattr(owner, function)
        self.stages[stage] = []
        self._originals.append((owner, function, original))

        def watched(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return original(*arguments, **named)
            finally:
                self.stages[stage][-1] += time.process_time() - began

        setattr(owner, function, watched)

    def step(self, change: Callable[[], None]) -> None:
        """Run one step."""
        for seconds in self.stages.values():
            seconds.append(0.0)
        began = time.process_time()
        change()
        self.steps.append(time.process_time() - began)

    def start(self) -> None:
        """Forget the steps so far."""
        self.steps = []
        self.stages = {stage: [] for stage in self.stages}

    def stop(self) -> None:
        """Watch no more."""
        for owner, function, original in self._originals:
            setattr(owner, function, original)

    def report(self, name: str) -> None:
        """Print medians and 95th percentiles in milliseconds."""
        shares = {"all": np.array(self.steps)}
        shares |= {stage: np.array(seconds) for stage, seconds in self.stages.items()}
        shares["Blender"] = shares["all"] - sum(np.array(s) for s in self.stages.values())
        cells = [
            f"{what} {1e3 * np.median(seconds):.1f} ({1e3 * np.percentile(seconds, 95):.1f})"
            for what, seconds in shares.items()
        ]
        print(f"{name:12} {', '.join(cells)}", flush=True)


def load_addon() -> ModuleType:
    """The installed extension, enabled; else the sources."""
    if EXTENSION in sys.modules:
        return sys.modules[EXTENSION]
    import immat_blender

    immat_blender.register()
    return immat_blender


def shape(path: Path | None) -> Any:
    """The medial mesh that is dragged."""
    if path is None:
        from medial_shapes import chair

        return chair()
    from immat_core.ma_file import read_ma

    return read_ma(path)


def move_in_object_mode(obj: Any, index: int, place: Any) -> None:
    """Write a vertex's place and tell Blender."""
    obj.data.vertices[index].co = place
    obj.data.update()


def move_in_edit_mode(obj: Any, index: int, place: Any) -> None:
    """The same as a modal operator in Edit Mode does it."""
    import bmesh  # is found once bpy was imported

    edited = bmesh.from_edit_mesh(obj.data)
    edited.verts.ensure_lookup_table()
    edited.verts[index].co = place
    bmesh.update_edit_mesh(obj.data, loop_triangles=True, destructive=False)


def drag(addon: ModuleType, obj: Any, move: Callable[..., None], steps: int) -> Stopwatch:
    """Drag the lowest sphere around in a circle."""
    stopwatch = Stopwatch()
    stopwatch.watch(addon.live, "_read", "read")
    stopwatch.watch(addon.surface_route, "build", "rebuild")
    stopwatch.watch(addon.live, "_write", "upload")
    index = min(range(len(obj.data.vertices)), key=lambda i: obj.data.vertices[i].co.z)
    start = np.array(obj.data.vertices[index].co)
    size = PER_STEP * obj.dimensions.z

    def one(number: int) -> None:
        angle = number / 4
        move(obj, index, start + 4 * size * np.array([np.cos(angle) - 1, np.sin(angle), 0]))
        bpy.context.view_layer.update()
        addon.live.flush()

    for number in range(WARM_UP + steps):
        if number == WARM_UP:
            stopwatch.start()
        stopwatch.step(partial(one, number))
    stopwatch.stop()
    return stopwatch


def main(arguments: list[str]) -> None:
    """Print one line a mode."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mat", type=Path, help="a .ma file in place of the chair")
    parser.add_argument("--voxel", type=float, default=1 / 128)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--reference", action="store_true", help="without compiled kernels")
    options = parser.parse_args(arguments)
    addon = load_addon()
    from immat_core import kernels

    if not options.reference and kernels.available():
        kernels.load()
    bpy.ops.wm.read_homefile(use_empty=True)
    obj = addon.objects.add_mat_object(bpy.context, shape(options.mat))
    obj.immat.voxel = options.voxel
    surface = addon.live.rebuild(obj)
    faces = len(surface.data.polygons)
    print(f"Blender {bpy.app.version_string}, {len(obj.data.vertices)} spheres, {faces} faces")
    print("processor time in ms from the change to the new mesh, median (95 %):")
    drag(addon, obj, move_in_object_mode, options.steps).report("Object Mode")
    bpy.ops.object.mode_set(mode="EDIT")
    drag(addon, obj, move_in_edit_mode, options.steps).report("Edit Mode")
    shown = len(surface.data.polygons)
    print(f"the last preview had {shown} faces", flush=True)


if __name__ == "__main__":
    given = sys.argv
    main(given[given.index("--") + 1 :] if "--" in given else given[1:])
