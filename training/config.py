"""Settings of a training: YAML files into frozen dataclasses. An unknown key is an error."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from immat_core.errors import UserError


@dataclass(frozen=True)
class Optimization:
    """How long and how one stage is trained.

    Attributes
    ----------
    steps
        Optimizer steps; 0 when ``minutes`` sets the length.
    minutes
        Wall time from the first step on, kept over a resume; used when ``steps`` is 0.
    batch
        Shapes in a step of one process.
    learning_rate, weight_decay
        Of AdamW. The rate rises linearly over ``warmup`` steps and falls linearly to 0 over the
        last ``decay_share`` of the budget.
    clip
        Largest norm of the gradient; 0 for no limit.
    bfloat16
        Run the networks under bfloat16 autocast; losses and weights stay float32.
    """

    steps: int = 0
    minutes: float = 10.0
    batch: int = 64
    learning_rate: float = 5e-4
    weight_decay: float = 1e-4
    warmup: int = 100
    decay_share: float = 0.4
    clip: float = 1.0
    bfloat16: bool = True


@dataclass(frozen=True)
class Sampling:
    """What is drawn from the data and how it is changed.

    Attributes
    ----------
    balanced
        Every category as often as every other; else every shape.
    photo_share
        Share of pictures that look like photographs, masks with errors included; the others are
        cut out cleanly.
    color
        How strongly colours are changed, 0 for not at all.
    stretch
        Largest change of a shape's axes, as a logarithm, made by warping its pictures.
    stretch_share
        Of the pictures; the others show the shape as it is.
    """

    balanced: bool = True
    photo_share: float = 0.5
    color: float = 1.0
    stretch: float = 0.0
    stretch_share: float = 0.5


@dataclass(frozen=True)
class SphereLoss:
    """Weights of the sphere losses (Eq. 2 and the two auxiliary heads).

    Attributes
    ----------
    chamfer, emd, radius
        The three weights of Eq. (2).
    dense
        Weight of the Chamfer distance of the dense centres.
    emd_share, dense_share
        Share of a batch's shapes for which these two terms, the dearest, are computed.
    pose, category
        Weights of the camera head and of the category head.
    paper
        Squared Chamfer and earth mover's distance and Eq. (1) as printed.
    increment
        Of the auction that matches for the earth mover's distance; 0 for the exact matching.
    """

    chamfer: float = 1.0
    emd: float = 1.0
    radius: float = 2.0
    dense: float = 0.5
    emd_share: float = 1.0
    dense_share: float = 0.5
    pose: float = 0.1
    category: float = 0.02
    paper: bool = False
    increment: float = 0.002


@dataclass(frozen=True)
class CameraJitter:
    """From where spheres are projected into the picture.

    Attributes
    ----------
    azimuth, elevation
        Standard deviations in radians by which the true camera is turned.
    predicted_share
        Share of the shapes that is projected by the pose head's guess instead.
    """

    azimuth: float = 0.105
    elevation: float = 0.052
    predicted_share: float = 0.5


@dataclass(frozen=True)
class TopologyData:
    """What the topology network is trained on.

    Attributes
    ----------
    jitter
        Largest standard deviation of the noise on the true centres, in units of the diagonal;
        a shape's own is drawn between 0 and this, small ones more often.
    radius_jitter
        Standard deviation of the logarithm of the radii per unit of centre noise.
    predicted_share
        Share of the shapes whose spheres come from the sphere stages instead; above 0 needs those.
    predicted_shapes
        How many pictures are predicted for that.
    stretch
        Largest change of the axes of these shapes, a logarithm, by warping their pictures.
    """

    jitter: float = 0.02
    radius_jitter: float = 12.0
    predicted_share: float = 0.0
    predicted_shapes: int = 3000
    stretch: float = 0.0


@dataclass(frozen=True)
class Image2SphereStage:
    """The sub-network on global features (section 3.1)."""

    optimization: Optimization = field(default_factory=Optimization)
    loss: SphereLoss = field(default_factory=SphereLoss)


@dataclass(frozen=True)
class CameraStage:
    """The camera network, for pictures whose camera nobody knows.

    Attributes
    ----------
    varied_share
        Of the pictures that show varied shapes (``training.dataset.varied``).
    shift
        Pixels by which a picture is moved at most, each way.
    hidden_share
        Share of the pictures that lack a box of up to a third of their sides.
    """

    optimization: Optimization = field(default_factory=Optimization)
    varied_share: float = 0.0
    shift: int = 0
    hidden_share: float = 0.0


@dataclass(frozen=True)
class RefinementStage:
    """The sub-network on local features (section 3.1); the global one stays fixed.

    Attributes
    ----------
    stretch, stretch_share
        As ``Sampling``'s; stronger than the first stage's, so that its spheres are as wrong as on
        pictures that it never saw.
    """

    optimization: Optimization = field(default_factory=Optimization)
    loss: SphereLoss = field(default_factory=SphereLoss)
    camera: CameraJitter = field(default_factory=CameraJitter)
    stretch: float = 0.0
    stretch_share: float = 0.0


@dataclass(frozen=True)
class TopologyStage:
    """Topology Prediction (section 3.2).

    Attributes
    ----------
    face_weight
        Of Eq. (3)'s second term.
    face_share
        Share of the spheres, drawn anew in each step, whose faces are learned.
    """

    optimization: Optimization = field(default_factory=Optimization)
    data: TopologyData = field(default_factory=TopologyData)
    face_weight: float = 2.0
    face_share: float = 0.34


@dataclass(frozen=True)
class SmoothingStage:
    """MAT Smoothing (section 3.3); all other networks stay fixed.

    Attributes
    ----------
    predicted_shapes
        How many pictures are predicted to learn from.
    stretch
        Largest change of the axes of their shapes, a logarithm, by warping the pictures.
    weights
        Least and largest t of Eq. (4), which a user may choose.
    """

    optimization: Optimization = field(default_factory=Optimization)
    loss: SphereLoss = field(default_factory=SphereLoss)
    camera: CameraJitter = field(default_factory=CameraJitter)
    predicted_shapes: int = 6000
    stretch: float = 0.0
    weights: list[float] = field(default_factory=lambda: [0.3, 1.0])


@dataclass(frozen=True)
class TrainingConfig:
    """All settings of a training.

    Attributes
    ----------
    data
        Folder with ``train``, ``val`` and ``test`` as ``training.data`` reads them.
    start
        Folder of another run whose weights are taken up where this one has none of its own; empty
        for none. So a run goes on with larger pictures.
    category
        The only category to train on, as the paper does; empty for one model of all.
    seed
        Of initial weights and of every random choice; the same seed gives the same run.
    accelerator
        Lightning's: "auto" takes a GPU where there is one, "cpu" and "gpu" insist.
    workers
        Processes beside each training one that prepare batches; useful with a GPU only.
    save_minutes
        Time between two checkpoints.
    log_steps
        Steps between two entries of the logs.
    validate_steps
        Steps between two looks at the loss on ``val``, of the two sphere stages; 0 for none.
    sampling
        What is drawn.
    network
        Fields of ``immat_core.networks.config.NetworkConfig`` that differ from its defaults.
    """

    data: str = "data/cache/64"
    start: str = ""
    category: str = ""
    seed: int = 0
    accelerator: str = "auto"
    workers: int = 0
    save_minutes: float = 3.0
    log_steps: int = 20
    validate_steps: int = 500
    sampling: Sampling = field(default_factory=Sampling)
    network: dict[str, Any] = field(default_factory=dict)
    image2sphere: Image2SphereStage = field(default_factory=Image2SphereStage)
    camera: CameraStage = field(default_factory=CameraStage)
    refinement: RefinementStage = field(default_factory=RefinementStage)
    topology: TopologyStage = field(default_factory=TopologyStage)
    smoothing: SmoothingStage = field(default_factory=SmoothingStage)


def read_config(path: str | Path) -> TrainingConfig:
    """Read a YAML file of settings; what it leaves out keeps its default.

    Raises
    ------
    UserError
        For a file that cannot be read, an unknown key or a value of the wrong type.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {error}", "give a YAML file of settings") from None
    config = _build(TrainingConfig, values, str(path))
    assert isinstance(config, TrainingConfig)
    return config


def _build(kind: type[Any], values: object, place: str) -> object:
    if not isinstance(values, dict):
        raise UserError(f"{place} holds {values!r} instead of settings", "write `key: value` lines")
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise UserError(
            f"{place} has the unknown setting {unknown[0]!r}", f"use one of {', '.join(hints)}"
        )
    return kind(**{key: _value(hints[key], v, f"{place}: {key}") for key, v in values.items()})


def _value(kind: Any, value: object, place: str) -> object:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _build(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    wanted = typing.get_origin(kind) or kind
    if isinstance(wanted, types.UnionType):
        wanted = kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise UserError(f"{place} is {value!r}", f"give a value of type {wanted.__name__}")
    return value
