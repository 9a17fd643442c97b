"""All that answers a picture with a surface: ours, as the product has it, and the baselines."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from immat_core import topology, weights
from immat_core.camera import Camera
from immat_core.dense_centers import follow
from immat_core.engine import Arrays, Engine, OnnxEngine
from immat_core.image import Crop
from immat_core.metrics import Triangles
from immat_core.mirror import agreed_pose
from immat_core.networks.build import Served
from immat_core.networks.config import INPUTS, NetworkConfig
from immat_core.predict import ImageToMat, Prediction, PredictSettings, Stage
from training.baselines.retrieval import (
    Descriptor,
    Gallery,
    describe_features,
    describe_masks,
    make_gallery,
    oracle_shape,
    typical_shapes,
)
from training.baselines.stages import LEARNED, baseline_surface, load_baseline
from training.config import TrainingConfig
from training.data import ShapeFolder, open_folder, premultiplied
from training.evaluation.rules import Chosen, choose_thresholds, network_thresholds
from training.evaluation.truth import Doubles, true_surface
from training.train import STAGES, load_networks, network_config


@dataclass(frozen=True)
class EvaluationSettings:
    """What is evaluated, and on what.

    Attributes
    ----------
    config
        The run's settings; its ``data`` has ``train`` and the split.
    run
        Folder with our trained networks and the baselines'. Where it lacks one of our four, the
        shipped networks are evaluated.
    split
        "test", or "val" while choices are still being made.
    shapes
        How many of the split, spread over the categories; 0 for all.
    views
        Pictures of each shape, from the first on; cut-outs and photographs alternate.
    gallery_views
        Pictures of each training shape that retrieval by features searches.
    alone
        Only ours is scored, which needs no training shapes; all others keep their earlier scores.
    wider
        Of how many shapes of the split it is told in short what ours does: its camera, its overlap
        with the mask before and after the fit, ways to connect its spheres. These differ by less
        than other scores, or are asked of one category. Shapes that are scored are among them.
    """

    config: TrainingConfig
    run: Path
    split: str = "test"
    shapes: int = 0
    views: int = 2
    gallery_views: int = 4
    alone: bool = False
    wider: int = 0

    @property
    def trained(self) -> bool:
        """Whether the run has all of our networks."""
        return all((self.run / f"{name}.pt").is_file() for name in STAGES)

    def fingerprint(self) -> str:
        """A hash of all that the scores of a shape depend on: weights, pictures a shape, data."""
        asked = f"{_VERSION} {self.views} {self.gallery_views} {self.alone}"
        digest = hashlib.sha256(asked.encode())
        ours = [self.run / f"{name}.pt" for name in STAGES]
        # the graphs hold no weights
        shipped = [weights.FOLDER / file for file in weights.WEIGHTS_FILES]
        shipped += sorted(weights.FOLDER.glob("*.onnx"))
        files = ours if self.trained else shipped
        files += [self.run / f"{name}.pt" for name in LEARNED]
        data = Path(self.config.data)
        files += [data / "version.txt", data / self.split / "names.json"]
        for path in files:
            digest.update(path.read_bytes() if path.is_file() else b"-")
        return digest.hexdigest()[:16]


_VERSION = 7
"""Raised whenever a score's definition changes, so that kept scores are not mixed."""


class RunEngine:
    """A run's networks, as ``immat_core.engine`` runs exported ones."""

    def __init__(self, networks: dict[str, nn.Module], config: NetworkConfig) -> None:
        self.config = config
        self._served = {name: Served(name, net).eval() for name, net in networks.items()}

    def run(self, network: str, inputs: Arrays) -> Arrays:
        """Run one network; see ``immat_core.engine.Engine.run``."""
        from immat_core.networks.config import OUTPUTS

        kinds = {"sparse": np.int64}
        ordered = [
            torch.from_numpy(np.ascontiguousarray(inputs[name], kinds.get(name, np.float32)))
            for name in INPUTS[network]
        ]
        with torch.inference_mode():
            outputs = self._served[network](*ordered)
        arrays = [output.numpy() for output in outputs]
        return dict(zip(OUTPUTS[network], arrays, strict=True))


class WithoutDense:
    """An engine whose dense centers are the sphere centers over and over: Fig. 10's ablation."""

    def __init__(self, engine: Engine) -> None:
        self.config = engine.config
        self._engine = engine

    def run(self, network: str, inputs: Arrays) -> Arrays:
        """Run one network; see ``immat_core.engine.Engine.run``."""
        outputs = self._engine.run(network, inputs)
        if network == "image2sphere":
            count = outputs["dense"].shape[1]
            spheres = outputs["centers"].shape[1]
            outputs["dense"] = outputs["centers"][:, np.arange(count) % spheres]
        return outputs


class Contestants:
    """All contestants, loaded; one of these a process."""

    def __init__(self, settings: EvaluationSettings) -> None:
        data = Path(settings.config.data)
        self.settings = settings
        self.train: ShapeFolder = open_folder(data / "train")
        self.test: ShapeFolder = open_folder(data / settings.split)
        self.engine: Engine = self._engine()
        self.model = ImageToMat(self.engine)
        self.baselines = {
            name: load_baseline(name, settings.config, self.train, settings.run)
            for name in LEARNED
            if not settings.alone and (settings.run / f"{name}.pt").is_file()
        }
        kept = settings.run / "evaluation" / f"gallery_{settings.fingerprint()}"
        self._galleries = {} if settings.alone else self._make_galleries(kept)
        chosen_on = data / "val" if (data / "val").is_dir() else data / "train"
        self.rules: Chosen = choose_thresholds(open_folder(chosen_on), kept / "rules.json")
        self.moved_thresholds = network_thresholds(self.connect, open_folder(chosen_on))
        self._typical = None if settings.alone else typical_shapes(self.train)
        self._surfaces: dict[int, Triangles] = {}

    def _make_galleries(self, kept: Path) -> dict[str, tuple[Descriptor, Gallery]]:
        """What image retrieval searches, by contestant."""
        features = describe_features(self.engine)
        some = range(min(self.settings.gallery_views, self.train.views))
        whole = range(self.train.views)
        return {
            "retrieval_mask": (
                describe_masks,
                make_gallery(self.train, describe_masks, whole, kept / "masks.npy"),
            ),
            "retrieval_features": (
                features,
                make_gallery(self.train, features, some, kept / "features.npy"),
            ),
        }

    def _engine(self) -> Engine:
        settings = self.settings
        if not settings.trained:
            return OnnxEngine(threads=1)
        networks: dict[str, Any] = load_networks(settings.config, self.train, settings.run)
        return RunEngine(networks, network_config(settings.config, self.train))

    def picture(self, shape: int, view: int) -> NDArray[np.float32]:
        """(4, S, S) float32, what the networks see of a test shape."""
        seen = premultiplied(np.array(self.test.images[shape, view])[None])[0]
        return np.ascontiguousarray(seen.numpy())

    def predict(self, shape: int, view: int, camera: Camera | None = None) -> Prediction:
        """Our prediction of a picture, by the product's own code; without a camera it finds one."""
        return self._predict(self.model, shape, view, camera)

    def predict_without_dense(self, shape: int, view: int, like: Prediction) -> Prediction:
        """The same in the camera of ``like``, but the dense centers tell nothing."""
        return self._predict(ImageToMat(WithoutDense(self.engine)), shape, view, like.camera)

    def _predict(
        self, model: ImageToMat, shape: int, view: int, camera: Camera | None = None
    ) -> Prediction:
        image = self.picture(shape, view)
        size = image.shape[1]
        model.set_crop(Crop(image, (0.0, 0.0, float(size))), (size, size), camera)
        config = self.engine.config
        edges, faces = self.thresholds()
        return model.predict(
            PredictSettings(config.spheres, edge_threshold=edges, face_threshold=faces)
        )

    def heads(self, shape: int, view: int) -> Arrays:
        """All outputs of Image2Sphere for a picture."""
        return self.engine.run("image2sphere", {"image": self.picture(shape, view)[None]})

    def pose(self, shape: int, view: int) -> Doubles:
        """(p,), what the camera network says of a picture."""
        return agreed_pose(self.engine, self.picture(shape, view)[None])

    def dense(self, shape: int, view: int, prediction: Prediction) -> NDArray[np.float32]:
        """(m, 3) dense centers of a picture as they follow the final spheres."""
        first, last = (prediction.stages[k].spheres[:, :3] for k in (0, -1))
        return follow(self.heads(shape, view)["dense"][0], first, last)

    def connect(self, spheres: NDArray[np.float32], dense: NDArray[np.float32]) -> Stage:
        """What the topology network says of given (n, 4) spheres and (m, 3) dense centers."""
        config, centers = self.engine.config, spheres[:, :3]
        sparse = topology.nearest(centers, None, min(config.sparse_neighbors, len(centers) - 1))
        near = topology.nearest(dense, centers, config.dense_neighbors)
        asked: Arrays = {"spheres": spheres, "sparse": sparse, "dense_neighbors": dense[near]}
        found = self.engine.run("topology", asked)
        candidates = topology.gather_candidates(sparse, found["edges"], found["faces"])
        return Stage("given", spheres, candidates)

    def thresholds(self) -> tuple[float, float]:
        """Least probabilities of an edge and of a face."""
        return self.engine.config.edge_threshold, self.engine.config.face_threshold

    def typical(self, shape: int) -> int:
        """The training shape that is typical of a test shape's true category; -1 for none."""
        return -1 if self._typical is None else int(self._typical[self.test.category[shape]])

    def retrieved(self, shape: int, view: int) -> dict[str, int]:
        """Training shapes of the most similar pictures, by mask and by our encoder's features."""
        picture = np.array(self.test.images[shape, view])[None]
        return {
            name: gallery.nearest(describe(picture)[0])
            for name, (describe, gallery) in self._galleries.items()
        }

    def oracle(self, points: Doubles, also: set[int]) -> int:
        """The training shape that is nearest to points of the true surface, object's frame."""
        return oracle_shape(self.train, points, also)[0]

    def training_surface(self, row: int) -> Triangles:
        """The surface of a training shape's true medial mesh."""
        if row not in self._surfaces:
            if len(self._surfaces) > 64:
                self._surfaces.clear()
            self._surfaces[row] = true_surface(self.train, row)
        return self._surfaces[row]

    def true_camera(self, shape: int, view: int) -> Camera:
        """The camera that a picture was taken with."""
        return Camera(*map(float, self.test.cameras[shape, view]))

    def baseline(self, name: str, shape: int, view: int, camera: Camera) -> Triangles:
        """What a learned baseline answers to a picture; Pixel2Mesh asks for the camera."""
        image = torch.from_numpy(self.picture(shape, view))[None]
        row = torch.tensor([astuple(camera)], dtype=torch.float32)
        return baseline_surface(name, self.baselines[name], image, row)


def chosen_shapes(test: ShapeFolder, wanted: int) -> list[int]:
    """Rows of a split: all for 0, else so many, one of each category in turn."""
    turns = [np.nonzero(test.category == k)[0] for k in range(len(test.categories))]
    longest = max(map(len, turns))
    rows = [int(turn[k]) for k in range(longest) for turn in turns if k < len(turn)]
    return sorted(rows[:wanted] if wanted else rows)
