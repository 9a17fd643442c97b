"""From a picture to a medial mesh: set_image once, predict many times (the paper, section 3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from immat_core import topology
from immat_core.camera import Camera
from immat_core.dense_centers import follow, link, vouch
from immat_core.errors import Cancelled, UserError
from immat_core.image import Crop, Picture, crop
from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh
from immat_core.mirror import agreed_pose, look_both_ways
from immat_core.sampling import resample
from immat_core.size_and_place import SMALLEST_RADIUS
from immat_core.smoothing import adjacency, smooth
from immat_core.topology import TopologyCandidates
from immat_core.viewpoint import find_camera, follow_mask

if TYPE_CHECKING:
    from immat_core.engine import Engine

STAGES = ("initial", "refined", "smoothed")
"""What is kept of a prediction, in the order in which it is made."""

REFINED = np.float32(0.7)
"""Share of the refinement's moves that is made: it has learned to correct what errs more, single
answers and not those that ``mirror`` draws together. On ``val`` CD is 2 % lower than with all."""

SPHERES = (16, 1024)
"""Fewest and most spheres that can be asked for."""

Progress = Callable[[float, str], None]
ShouldCancel = Callable[[], bool]


@dataclass(frozen=True)
class PredictSettings:
    """What a user may choose about a prediction.

    Attributes
    ----------
    spheres
        How many, 16 to 1024.
    edge_threshold, face_threshold
        Edges and faces of at least this probability are kept; 0..1.
    smoothing_weight
        t of the paper's Eq. (4), 0..1; the smaller, the smoother. The paper has 0.5. At 1 nothing
        is levelled before the network corrects spheres by their neighbors: best on ``val``.
    stage
        Which of ``STAGES`` is meant by :meth:`Prediction.medial_mesh`.
    follow_outline
        Whether the smoothed spheres are drawn to the object's outline in the picture.
    seed
        Where the choice of spheres starts when their number is not the network's own.

    Raises
    ------
    UserError
        For a value out of its range.
    """

    spheres: int = 256
    edge_threshold: float = 0.2
    face_threshold: float = 0.3
    smoothing_weight: float = 1.0
    stage: str = "smoothed"
    follow_outline: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        low, high = SPHERES
        if not low <= self.spheres <= high:
            raise UserError(f"{self.spheres} spheres cannot be made", f"Ask for {low} to {high}")
        for name in ("edge_threshold", "face_threshold", "smoothing_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(
                    f"the {name.replace('_', ' ')} {getattr(self, name)} is out of range",
                    "Give a number from 0 to 1",
                )
        if self.stage not in STAGES:
            raise UserError(f"there is no stage {self.stage!r}", f"Choose {', '.join(STAGES)}")
        if self.seed < 0:
            raise UserError(f"the seed {self.seed} is negative", "Give 0 or above")


@dataclass(frozen=True, eq=False)
class Stage:
    """The spheres after one step, and all that may connect them.

    Attributes
    ----------
    name
        One of ``STAGES``.
    spheres
        (n, 4) float32, centre and radius.
    candidates
        Edges and faces with their probabilities.
    """

    name: str
    spheres: FloatArray
    candidates: TopologyCandidates

    def medial_mesh(self, edge_threshold: float = 0.2, face_threshold: float = 0.3) -> MedialMesh:
        """The medial mesh of the candidates above the thresholds, its holes filled."""
        edges, faces = self.select(edge_threshold, face_threshold)
        return MedialMesh(self.spheres[:, :3], self.spheres[:, 3], edges, faces)

    def select(
        self, edge_threshold: float, face_threshold: float, *, trim: bool = True
    ) -> tuple[IndexArray, IndexArray]:
        """Edges (e, 2) and faces (f, 3), int32, above the thresholds; see ``topology.select``."""
        return topology.select(
            self.candidates,
            edge_threshold,
            face_threshold,
            centers=self.spheres[:, :3],
            radii=self.spheres[:, 3],
            trim=trim,
        )


@dataclass(frozen=True, eq=False)
class Prediction:
    """All that was predicted from one picture.

    Attributes
    ----------
    stages
        One of each of ``STAGES``, in that order.
    camera
        Of the crop: projects the spheres to -1..1 over ``crop_box``.
    crop_box
        Left, top and side of the crop in picture pixels.
    picture_size
        Width and height in pixels.
    category
        The kind of object that the network takes it for.
    seconds
        Wall time of "image2sphere", "refinement", "topology", "camera", and "smoothing".
    """

    stages: tuple[Stage, ...]
    camera: Camera
    crop_box: tuple[float, float, float]
    picture_size: tuple[int, int]
    category: str
    seconds: dict[str, float] = field(default_factory=dict)

    def stage(self, name: str) -> Stage:
        """The stage of that name; ``KeyError`` if there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)

    def medial_mesh(self, settings: PredictSettings) -> MedialMesh:
        """The medial mesh of the settings' stage and thresholds."""
        return self.stage(settings.stage).medial_mesh(
            settings.edge_threshold, settings.face_threshold
        )


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is known of the picture once the first network has run."""

    image: NDArray[np.float32]
    outputs: dict[str, NDArray[np.float32]]
    camera: Camera
    camera_known: bool
    crop_box: tuple[float, float, float]
    picture_size: tuple[int, int]
    category: str
    seconds: float

    @property
    def initial(self) -> FloatArray:
        """(256, 4) float32, the spheres of the global feature."""
        return _spheres(self.outputs["centers"][0], self.outputs["radii"][0])

    @property
    def dense(self) -> FloatArray:
        """(2048, 3) float32, the dense centres."""
        return np.asarray(self.outputs["dense"][0], np.float32)

    @property
    def features(self) -> dict[str, NDArray[np.float32]]:
        """The first network's maps of the picture."""
        return {k: v for k, v in self.outputs.items() if k.startswith("features_")}


class ImageToMat:
    """The paper's pipeline: a picture is looked at once, then predicted from at will."""

    def __init__(self, engine: Engine | None = None) -> None:
        """
        Parameters
        ----------
        engine
            Runs the networks; None loads the shipped weights into ONNX Runtime.
        """
        if engine is None:
            from immat_core.engine import load_engine

            engine = load_engine()
        self._engine = engine
        self._seen: _Seen | None = None

    def set_image(self, picture: Picture, camera: Camera | None = None) -> None:
        """Look at a picture: what Image2Sphere says of it is kept for all predictions.

        The network sees it several times, moved by a hair and in a mirror (see ``mirror``).

        Parameters
        ----------
        picture
            With its mask.
        camera
            Of the crop (see ``Prediction.camera``) where it is known; None predicts it.
        """
        self.set_crop(crop(picture, self._engine.config.image_size), picture.size, camera)

    def set_crop(
        self, cut: Crop, picture_size: tuple[int, int], camera: Camera | None = None
    ) -> None:
        """As :meth:`set_image`, for what is already the networks' input.

        ``picture_size`` is the width and height of the picture that it was cut from, in pixels.
        """
        started = time.perf_counter()
        engine, image = self._engine, cut.image[None]
        outputs = look_both_ways(engine, image)
        known = camera is not None
        if camera is None:
            camera = find_camera(agreed_pose(engine, image), outputs, cut.image[3], engine.config)
        self._seen = _Seen(
            image,
            outputs,
            camera,
            known,
            cut.box,
            picture_size,
            self._engine.config.categories[int(outputs["category"][0].argmax())],
            time.perf_counter() - started,
        )

    def predict(
        self,
        settings: PredictSettings | None = None,
        *,
        progress: Progress | None = None,
        should_cancel: ShouldCancel | None = None,
    ) -> Prediction:
        """Predict the medial mesh of the picture that was set; the same settings, the same result.

        Parameters
        ----------
        settings
            None takes the defaults.
        progress
            Called with the share that is done, 0..1, and what is done next.
        should_cancel
            Asked between the steps.

        Raises
        ------
        Cancelled
            When ``should_cancel`` said so.
        RuntimeError
            When no picture was set.
        """
        if self._seen is None:
            raise RuntimeError("call set_image before predict")
        seen, chosen = self._seen, settings or PredictSettings()
        return _Run(self._engine, seen, chosen, seen.camera, progress, should_cancel).prediction()


@dataclass(eq=False)
class _Run:
    """One prediction on its way."""

    engine: Engine
    seen: _Seen
    settings: PredictSettings
    camera: Camera
    progress: Progress | None
    should_cancel: ShouldCancel | None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen, settings = self.seen, self.settings
        self.initial = resample(seen.initial, seen.dense, settings.spheres, settings.seed)
        self.links = link(seen.dense)

    def prediction(self) -> Prediction:
        """Run all steps."""
        self.seconds["image2sphere"] = self.seen.seconds
        initial = self._stage("initial", self.initial, 0.0)
        with self._step("refinement", 0.25):
            refined_spheres = self._refine(self.initial)
        refined = self._stage("refined", refined_spheres, 0.4)
        self._follow(refined, 0.6)
        with self._step("smoothing", 0.65):
            smoothed_spheres = self._smooth(refined)
        smoothed = self._stage("smoothed", smoothed_spheres, 0.75)
        smoothed = self._follow(smoothed, 0.9, self.settings.follow_outline)
        if self.progress is not None:
            self.progress(1.0, "done")
        return Prediction(
            (initial, refined, smoothed),
            self.camera,
            self.seen.crop_box,
            self.seen.picture_size,
            self.seen.category,
            self.seconds,
        )

    @contextmanager
    def _step(self, name: str, fraction: float) -> Iterator[None]:
        """Stop here if asked to, say what comes, and add up the time that it takes."""
        if self.should_cancel is not None and self.should_cancel():
            raise Cancelled("the prediction was cancelled")
        if self.progress is not None:
            self.progress(fraction, name)
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def _stage(self, name: str, spheres: FloatArray, fraction: float) -> Stage:
        """Predict which spheres are connected: section 3.2."""
        with self._step("topology", fraction):
            config = self.engine.config
            centers = spheres[:, :3]
            sparse = topology.nearest(centers, None, min(config.sparse_neighbors, len(centers) - 1))
            dense = follow(self.seen.dense, self.initial[:, :3], centers)
            near = topology.nearest(dense, centers, config.dense_neighbors)
            found = self.engine.run(
                "topology",
                {"spheres": spheres, "sparse": sparse, "dense_neighbors": dense[near]},
            )
            candidates = topology.gather_candidates(sparse, found["edges"], found["faces"])
        return Stage(name, spheres, vouch(candidates, centers, dense, self.links))

    def _follow(self, stage: Stage, fraction: float, draw: bool = False) -> Stage:
        """A camera that nobody gave follows the shape; it is drawn to the outline if told to."""
        with self._step("camera", fraction):
            shape, alpha = self._shape(stage), self.seen.image[0, 3]
            known = self.seen.camera_known
            spheres, self.camera = follow_mask(shape, self.camera, alpha, known=known, draw=draw)
        return replace(stage, spheres=_spheres(spheres[:, :3], spheres[:, 3]))

    def _shape(self, stage: Stage) -> MedialMesh:
        return stage.medial_mesh(self.settings.edge_threshold, self.settings.face_threshold)

    def _refine(self, initial: FloatArray) -> FloatArray:
        """Move the spheres by what the picture shows where they project to: section 3.1."""
        given = {"centers": initial[None, :, :3], "radii": initial[None, :, 3]}
        found = self.engine.run("refinement", {**self._looks(initial), **given})
        moved = np.column_stack([found["centers"][0], found["radii"][0]])
        spheres = initial + REFINED * (moved - initial)
        return _spheres(spheres[:, :3], spheres[:, 3])

    def _smooth(self, refined: Stage) -> FloatArray:
        """Eq. (4) over the selected connections, then the network that undoes the shrinking."""
        connected = self._shape(refined)
        spheres = smooth(refined.spheres, connected.all_edges, self.settings.smoothing_weight)
        found = self.engine.run(
            "smoothing",
            {
                **self._looks(spheres),
                **self.seen.features,
                "spheres": spheres[None],
                "before": refined.spheres[None],
                "adjacency": adjacency(len(spheres), connected.all_edges)[None],
            },
        )
        # Where nothing shrank, at t = 1, half of what it says serves best.
        moved = spheres + min(1, 1.5 - self.settings.smoothing_weight) * found["displacement"][0]
        return _spheres(moved[:, :3], moved[:, 3])

    def _looks(self, spheres: FloatArray) -> dict[str, NDArray[np.float32]]:
        """The picture, its camera's axes, and where the spheres stand in it."""
        uv, axes = self.camera.project(spheres[:, :3])[0], self.camera.axes.astype(np.float32)
        return {"image": self.seen.image, "uv": uv[None], "axes": axes[None]}


def _spheres(centers: FloatArray, radii: FloatArray) -> FloatArray:
    """(n, 4) float32 with radii above 0."""
    return np.column_stack([centers, np.maximum(radii, SMALLEST_RADIUS)]).astype(np.float32)
