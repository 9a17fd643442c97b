"""The pictures of the evaluation: which shapes are shown, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh
from immat_core.metrics import Triangles
from immat_core.predict import Prediction, Stage
from training.baselines.stages import NEEDS_CAMERA
from training.evaluation.contestants import Contestants
from training.evaluation.earlier import WHOLE_SHAPES
from training.evaluation.page import (
    NAMES,
    camera_values,
    contestants_of,
    threshold_curves,
)
from training.evaluation.panels import (
    OURS,
    THEIRS,
    TRUE,
    Panel,
    medial_panel,
    picture_panel,
    surface_panel,
    write_grid,
)
from training.evaluation.rules import connected_by_rules
from training.evaluation.shape_scores import THRESHOLDS
from training.evaluation.statistics import Result, Sample
from training.evaluation.truth import medial_surface, true_surface

FEW, WORST = 5, 10
"""Shapes in the pictures that need much room, and in that of the worst."""

SHOWN_THRESHOLDS = (0.05, 0.2, 0.5, 0.9)


def write_figures(contestants: Contestants, sample: Sample, folder: Path) -> None:
    """Write all pictures, as ``evaluation_NAME.png``."""
    import matplotlib

    matplotlib.use("Agg")
    shown = _Shown(contestants)
    middle = middle_shapes(sample)
    few = [middle[k] for k in np.linspace(0, len(middle) - 1, min(FEW, len(middle))).astype(int)]
    _write_stages(shown, few, folder / "evaluation_stages.png")
    if not contestants.settings.alone:  # the earlier picture is as good
        _write_methods(shown, sample, middle, folder / "evaluation_methods.png")
    _write_connections(shown, few, folder / "evaluation_connections.png")
    _write_dense(shown, sample, folder / "evaluation_dense.png")
    _write_thresholds(shown, sample, few[0], folder / "evaluation_thresholds.png")
    _write_pose(sample.wider(), folder / "evaluation_pose.png")
    _write_worst(shown, sample, folder / "evaluation_worst.png")


def middle_shapes(sample: Sample) -> list[int]:
    """For each category the shape whose CD is the median (the upper of two)."""
    cd = sample.row("ours", "cd")
    chosen = []
    for k in range(len(sample.categories)):
        own = np.flatnonzero(sample.category == k)
        place = own[np.argsort(cd[own])[len(own) // 2]]
        chosen.append(int(sample.results[place]["shape"]))
    return chosen


class _Shown:
    """Panels of test shapes' first pictures, each in its true camera."""

    def __init__(self, contestants: Contestants) -> None:
        self.contestants = contestants

    def label(self, shape: int) -> str:
        test = self.contestants.test
        name: str = test.categories[int(test.category[shape])]
        return name

    def camera(self, shape: int) -> Camera:
        return Camera(*map(float, self.contestants.test.cameras[shape, 0]))

    def picture(self, shape: int) -> Panel:
        return picture_panel(np.array(self.contestants.test.images[shape, 0]))

    def surface(self, shape: int, mesh: Triangles, color: Any = OURS) -> Panel:
        return surface_panel(mesh, self.camera(shape), color)

    def true(self, shape: int) -> Panel:
        return self.surface(shape, true_surface(self.contestants.test, shape), TRUE)

    def predict(self, shape: int) -> Prediction:
        return self.contestants.predict(shape, 0)

    def rebuilt(self, shape: int, stage: Stage, thresholds: tuple[float, float]) -> Panel:
        return self.surface(shape, medial_surface(stage.medial_mesh(*thresholds)))

    def medial(self, shape: int, stage: Stage) -> Panel:
        edges, faces = stage.select(*self.contestants.thresholds())
        return medial_panel(stage.spheres, edges, faces, self.camera(shape))

    def informed(self, name: str, shape: int) -> Triangles:
        """The surface of a contestant that is given the true camera."""
        own = self.contestants
        true = own.true_camera(shape, 0)
        if name != "ours_camera":
            return own.baseline(NEEDS_CAMERA, shape, 0, true)
        final = own.predict(shape, 0, true).stages[-1]
        return medial_surface(final.medial_mesh(*own.thresholds()))

    def answers(self, name: str) -> bool:
        """Whether a contestant is here, and not its earlier scores alone."""
        if name in ("ceiling", "floor"):
            return False
        if name in WHOLE_SHAPES:
            return not self.contestants.settings.alone
        return name.startswith("ours") or name.removesuffix("_camera") in self.contestants.baselines

    def answer(self, name: str, shape: int) -> Triangles:
        """A contestant's surface."""
        own = self.contestants
        if name == "ours":
            final = self.predict(shape).stages[-1]
            return medial_surface(final.medial_mesh(*own.thresholds()))
        if name.endswith("_camera"):
            return self.informed(name, shape)
        if name in own.baselines:
            return own.baseline(name, shape, 0, self.predict(shape).camera)
        rows = own.retrieved(shape, 0) | {"typical": own.typical(shape)}
        points = np.array(own.test.surface[shape, :, :3], np.float64)
        row = own.oracle(points, set(rows.values())) if name == "oracle" else rows[name]
        return own.training_surface(row)


def _write_stages(shown: _Shown, shapes: list[int], path: Path) -> None:
    thresholds = shown.contestants.thresholds()
    rows = []
    for shape in shapes:
        prediction = shown.predict(shape)
        row = [shown.picture(shape)]
        row += [shown.medial(shape, stage) for stage in prediction.stages]
        row += [shown.rebuilt(shape, stage, thresholds) for stage in prediction.stages]
        rows.append([*row, shown.true(shape)])
    titles = ["picture", "initial", "refined", "smoothed"]
    titles += ["initial surface", "refined", "smoothed", "true"]
    write_grid(path, rows, titles, [shown.label(shape) for shape in shapes])


def _write_methods(shown: _Shown, sample: Sample, shapes: list[int], path: Path) -> None:
    names = [name for name in contestants_of(sample) if shown.answers(name)]
    rows = []
    for shape in shapes:
        panels = [
            shown.surface(shape, shown.answer(name, shape), OURS if name == "ours" else THEIRS)
            for name in names
        ]
        rows.append([shown.picture(shape), *panels, shown.true(shape)])
    spoken = [NAMES[name].strip("*").split(",")[0].split(":")[0] for name in names]
    titles = ["picture", *(text.replace(" of the true category", "") for text in spoken), "true"]
    write_grid(path, rows, titles, [shown.label(shape) for shape in shapes])


def _write_connections(shown: _Shown, shapes: list[int], path: Path) -> None:
    there = shown.contestants.rules
    ways = [name for name in ("ball pivoting", "delaunay", "nearest", "spacing") if name in there]
    none = np.empty((0, 2), np.int32), np.empty((0, 3), np.int32)
    rows = []
    for shape in shapes:
        prediction = shown.predict(shape)
        stage, dense = prediction.stages[-1], shown.contestants.dense(shape, 0, prediction)
        centers = np.ascontiguousarray(stage.spheres[:, :3])
        found = connected_by_rules(centers, dense, shown.contestants.rules)
        row = [shown.picture(shape), medial_panel(stage.spheres, *none, shown.camera(shape))]
        for name in ways:
            edges, faces = (simplices.astype(np.int32) for simplices in found[name])
            mat = MedialMesh(stage.spheres[:, :3], stage.spheres[:, 3], edges, faces)
            row.append(shown.surface(shape, medial_surface(mat), THEIRS))
        row.append(shown.rebuilt(shape, stage, shown.contestants.thresholds()))
        rows.append([*row, shown.true(shape)])
    titles = ["picture", "spheres", *ways, "network", "true"]
    write_grid(path, rows, titles, [shown.label(shape) for shape in shapes])


def _write_dense(shown: _Shown, sample: Sample, path: Path) -> None:
    """The shapes that the dense centers help most, and the one that they hurt most."""
    told = [result["views"][0]["connections"] for result in sample.results]
    gain = np.array([found["no dense centers"]["cd"] - found["network"]["cd"] for found in told])
    order = np.argsort(-gain)
    chosen = dict.fromkeys([*order[: FEW - 1].tolist(), int(order[-1])])
    rows, labels = [], []
    thresholds = shown.contestants.thresholds()
    for place in chosen:
        shape = int(sample.results[place]["shape"])
        seeing = shown.predict(shape)
        blind = shown.contestants.predict_without_dense(shape, 0, seeing).stages[-1]
        row = [shown.picture(shape)]
        for stage in (seeing.stages[-1], blind):
            row += [shown.medial(shape, stage), shown.rebuilt(shape, stage, thresholds)]
        rows.append([*row, shown.true(shape)])
        labels.append(f"{shown.label(shape)}, CD {gain[place]:+.2f}")
    titles = ["picture", "with dense", "surface", "without", "surface", "true"]
    write_grid(path, rows, titles, labels)


def _write_thresholds(shown: _Shown, sample: Sample, shape: int, path: Path) -> None:
    from matplotlib import pyplot

    curves = threshold_curves(sample)
    figure, axes = pyplot.subplots(
        1, 2 + len(SHOWN_THRESHOLDS), figsize=(12, 2.2), width_ratios=[1.4, 1.4, 1, 1, 1, 1]
    )
    for kind in ("edges", "faces"):
        axes[0].plot(THRESHOLDS, curves[kind], marker="o", markersize=3, label=f"F1 of {kind}")
    axes[0].legend(fontsize=7)
    known = np.isfinite(curves["cd"])
    axes[1].plot(np.array(THRESHOLDS)[known], np.array(curves["cd"])[known], marker="o")
    axes[1].set_title("CD of the surface", fontsize=8)
    for axis in axes[:2]:
        axis.set_xlabel("threshold of edges and faces", fontsize=7)
        axis.tick_params(labelsize=7)
    final = shown.predict(shape).stages[-1]
    for axis, threshold in zip(axes[2:], SHOWN_THRESHOLDS, strict=True):
        shown.rebuilt(shape, final, (threshold, threshold))(axis)
        axis.set_title(f"{threshold}", fontsize=8)
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _write_pose(sample: Sample, path: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 2.6))
    for key, spoken in (("azimuth", "camera in use"), ("head_azimuth", "the head alone")):
        errors = np.sort(camera_values(sample, key))
        if not len(errors):
            continue
        axes[0].hist(errors, bins=np.arange(0, 181, 6), histtype="step", label=spoken)
        axes[1].plot(errors, 100 * np.arange(1, len(errors) + 1) / len(errors), label=spoken)
    axes[0].set(yscale="log", xlabel="azimuth error, degrees", ylabel="pictures")
    axes[1].set(xlabel="azimuth error, degrees", ylabel="pictures below, %", xlim=(0, 180))
    axes[1].axvline(30, color="gray", linewidth=0.5)
    axes[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _write_worst(shown: _Shown, sample: Sample, path: Path) -> None:
    def cost(result: Result) -> float:
        return float(result["views"][0]["rows"]["ours"]["cd"])

    worst = sorted(sample.results, key=cost, reverse=True)[:WORST]
    half = -(-len(worst) // 2)
    cells = []
    for result in worst:
        shape = int(result["shape"])
        ours = shown.surface(shape, shown.answer("ours", shape))
        cells.append([shown.picture(shape), ours, shown.true(shape)])
    rows = [[*cells[k], *(cells[half + k] if half + k < len(cells) else [])] for k in range(half)]
    labels = [f"CD {cost(result):.1f}" for result in worst[:half]]
    write_grid(path, rows, ["picture", "ours", "true"] * 2, labels)
