"""An engine without weights: arrays of the right shapes, the same for the same picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.networks.config import INPUTS, NetworkConfig

AZIMUTH, ELEVATION, DISTANCE = 0.6, 0.35, 2.1


class FakeEngine:
    """Spheres on a ring; neighbors are connected; refinement and smoothing shift by constants."""

    def __init__(self, config: NetworkConfig | None = None) -> None:
        self.config = config or NetworkConfig(image_size=64)
        self.calls: list[str] = []
        self.inputs: dict[str, dict[str, NDArray[Any]]] = {}
        self._before: NDArray[Any] | None = None

    def run(self, network: str, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """As ``engine.Engine.run``."""
        assert set(inputs) == set(INPUTS[network])
        self.calls.append(network)
        self.inputs[network] = inputs
        outputs: dict[str, NDArray[Any]] = getattr(self, f"_{network}")(inputs)
        return {name: np.asarray(array, np.float32) for name, array in outputs.items()}

    def _image2sphere(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        config = self.config
        assert inputs["image"].shape == (1, 4, config.image_size, config.image_size)
        assert inputs["image"].dtype == np.float32
        maps = {
            f"features_{i}": np.zeros((1, c, s, s))
            for i, (c, s) in enumerate(zip(config.channels, config.map_sizes, strict=True))
        }
        return {
            "centers": ring(config.spheres)[None],
            "radii": np.full((1, config.spheres), 0.04),
            "dense": ring(config.dense)[None],
            "pose": np.zeros((1, config.pose_size)),
            "category": np.eye(len(config.categories))[None, 1],
            **maps,
        }

    def _camera(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {"pose": pose_row(self.config.azimuth_bins, self._mirror(inputs["image"]))[None]}

    def _mirror(self, image: NDArray[Any]) -> float:
        """-1 for the mirror image of the picture that was seen before it, else 1."""
        before, self._before = self._before, image
        mirrored = before is not None and np.array_equal(image, before[..., ::-1])
        return -1.0 if mirrored else 1.0

    def _refinement(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        assert inputs["uv"].shape == (*inputs["centers"].shape[:2], 2)
        count = inputs["centers"].shape[1]
        return {"centers": inputs["centers"] + [0, 0, 0.01], "radii": np.full((1, count), 0.03)}

    def _topology(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        count, neighbors = inputs["sparse"].shape
        assert inputs["spheres"].shape == (count, 4)
        assert inputs["dense_neighbors"].shape == (count, self.config.dense_neighbors, 3)
        assert (inputs["sparse"] != np.arange(count)[:, None]).all()
        edges = np.zeros((count, neighbors))
        edges[:, :2] = 0.9
        return {"edges": edges, "faces": np.zeros((count, neighbors, neighbors))}

    def _smoothing(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        sums = inputs["adjacency"].sum(2)
        assert (np.isclose(sums, 1, atol=1e-5) | (sums == 0)).all()
        displacement = np.zeros_like(inputs["spheres"])
        # The first sphere would end with a negative radius.
        displacement[0, 0, 3] = -1
        return {"displacement": displacement}


def pose_row(bins: int, sign: float = 1.0) -> NDArray[np.float64]:
    """The pose head's numbers for the camera above, or its mirror image; it is sure of it."""
    angles = 2 * np.pi * np.arange(bins) / bins
    return np.array([*60 * (np.cos(angles - sign * AZIMUTH) - 1), ELEVATION, DISTANCE])


def ring(count: int) -> NDArray[np.float64]:
    """(count, 3) centers on a circle of radius 0.4 that stands in the plane x = 0."""
    angle = np.arange(count) * (2 * np.pi / count)
    return np.stack([np.zeros(count), 0.4 * np.cos(angle), 0.4 * np.sin(angle)], axis=1)
