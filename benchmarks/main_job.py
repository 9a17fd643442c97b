"""How long the main job and a live edit take: CPU milliseconds, medians, and ratios to plain ways.

    PYTHONPATH=. .venv/bin/python benchmarks/main_job.py

Run it on a machine that does nothing else. The peers run in the same process, in turn with ours:
torch for the networks, ``from_pydata`` for handing a surface to Blender.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import bpy

from immat_blender.surface_mesh import write_surface
from immat_core.engine import load_engine
from immat_core.image import load_picture
from immat_core.medial_mesh import MedialMesh
from immat_core.predict import ImageToMat, PredictSettings
from immat_core.surface import SurfaceMesh, build_surface

Work = Callable[[], object]
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    picture = load_picture(EXAMPLES / "chair.png")
    photo_path = EXAMPLES / "chair_photo.jpg"
    models = {kind: ImageToMat(load_engine(kind)) for kind in ("onnx", "torch")}

    def predict(kind: str) -> MedialMesh:
        models[kind].set_image(picture)
        return models[kind].predict().medial_mesh(PredictSettings())

    mat = predict("onnx")
    rows: list[tuple[str, Work, Work | None]] = [
        ("load a picture with a mask", lambda: load_picture(EXAMPLES / "chair.png"), None),
        ("load a photo, remove its background", lambda: load_picture(photo_path), None),
        ("picture to medial mesh", lambda: predict("onnx"), lambda: predict("torch")),
    ]
    for steps in (64, 128):
        surface = build_surface(mat, 1 / steps)
        rows += [
            (f"medial mesh to surface, 1/{steps}", _builder(mat, steps), None),
            (f"surface into Blender, 1/{steps}", _writer(surface), _plain_writer(surface)),
        ]
    print("| step | CPU ms | wall ms | peer's CPU / ours |\n|---|---|---|---|")
    for name, ours, peer in rows:
        cpu, wall, ratio = _measure(ours, peer, runs)
        print(f"| {name} | {cpu:.1f} | {wall:.1f} | {'' if ratio is None else f'{ratio:.1f}'} |")


def _builder(mat: MedialMesh, steps: int) -> Work:
    return lambda: build_surface(mat, 1 / steps)


def _writer(surface: SurfaceMesh) -> Work:
    mesh = bpy.data.meshes.new("Ours")
    return lambda: write_surface(mesh, surface.vertices, surface.faces)


def _plain_writer(surface: SurfaceMesh) -> Work:
    mesh = bpy.data.meshes.new("Plain")

    def write() -> None:
        mesh.clear_geometry()
        mesh.from_pydata(surface.vertices.tolist(), [], surface.faces.tolist())
        mesh.update()

    return write


def _measure(ours: Work, peer: Work | None, runs: int) -> tuple[float, float, float | None]:
    """Median CPU and wall milliseconds of ours, and the median ratio of the peer's CPU to it."""
    ours()
    cpu, wall, ratios = [], [], []
    for _ in range(runs):
        mine, passed = _once(ours)
        cpu.append(mine)
        wall.append(passed)
        if peer is not None:
            ratios.append(_once(peer)[0] / mine)
    ratio = statistics.median(ratios) if ratios else None
    return 1e3 * statistics.median(cpu), 1e3 * statistics.median(wall), ratio


def _once(work: Work) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
