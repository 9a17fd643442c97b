"""Sizes of the networks and the names of what goes in and out; imports without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Final

MAPS: Final = ("features_0", "features_1", "features_2", "features_3")
"""The encoder's feature maps, fine to coarse."""

INPUTS: Final[dict[str, tuple[str, ...]]] = {
    "image2sphere": ("image",),
    "camera": ("image",),
    "refinement": ("image", "centers", "uv", "axes", "radii"),
    "topology": ("spheres", "sparse", "dense_neighbors"),
    "smoothing": ("image", *MAPS, "spheres", "before", "uv", "axes", "adjacency"),
}
"""Each network's inputs by name, in the order of its ``forward``."""

OUTPUTS: Final[dict[str, tuple[str, ...]]] = {
    "image2sphere": ("centers", "radii", "dense", "pose", "category", *MAPS),
    "camera": ("pose",),
    "refinement": ("centers", "radii"),
    "topology": ("edges", "faces"),
    "smoothing": ("displacement",),
}
"""Each network's outputs by name, as an engine returns them."""

NETWORKS: Final = tuple(INPUTS)
"""The names of the networks."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes that fix every weight's shape, and the thresholds that were chosen with the weights.

    The defaults are the paper's (sections 3 and 4), but for twelve neighbors instead of eight: of
    the true edges between predicted spheres eight lose one in ten.

    Attributes
    ----------
    image_size
        Side of the square input picture in pixels, at least 32.
    width
        Channels of the encoder relative to ResNet18, above 0.
    spheres, dense
        Number of spheres and of dense centers that Image2Sphere predicts.
    sparse_neighbors, dense_neighbors
        Sizes of the two groups that topology prediction sees around a sphere.
    hidden
        Width of the hidden layers of Image2Sphere's heads.
    categories
        What the category head tells apart.
    edge_threshold, face_threshold
        Least probability of a medial edge and face.
    global_cells
        Side of the grid of means over the coarsest map that the heads see; 1 for a single mean, as
        ResNet has, which forgets where in the picture something is.
    dense_rank
        Rank of the last layer of the dense centers' head, its largest by far; 0 for a full one.
    azimuth_bins
        The pose head answers with a distribution over so many azimuths, K: their logits, at
        2 pi k / K, then elevation and distance (see ``camera.Camera``).
    """

    image_size: int = 224
    width: float = 1.0
    spheres: int = 256
    dense: int = 2048
    sparse_neighbors: int = 12
    dense_neighbors: int = 64
    hidden: int = 512
    categories: tuple[str, ...] = ("chair", "table", "lamp", "plane")
    edge_threshold: float = 0.2
    face_threshold: float = 0.3
    global_cells: int = 1
    dense_rank: int = 0
    azimuth_bins: int = 36

    @property
    def pose_size(self) -> int:
        """How many numbers the pose head answers with."""
        return self.azimuth_bins + 2

    @property
    def channels(self) -> tuple[int, int, int, int]:
        """Channels of the four feature maps, fine to coarse."""
        base = max(8, round(64 * self.width))
        return base, 2 * base, 4 * base, 8 * base

    @property
    def global_size(self) -> int:
        """Length of the global feature."""
        return self.channels[3] * self.global_cells**2

    @property
    def map_sizes(self) -> tuple[int, int, int, int]:
        """Sides of the four feature maps in cells, fine to coarse."""
        first = _half(_half(self.image_size))
        second = _half(first)
        return first, second, _half(second), _half(_half(second))

    def to_json(self) -> str:
        """The config as an indented JSON object."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> NetworkConfig:
        """Read ``to_json``'s text.

        Raises ``ValueError`` when it is no JSON object or has a wrong or unknown field; a field
        that is left out has its default.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("a network config must be a JSON object")
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        if "categories" in values:
            values["categories"] = tuple(values["categories"])
        return cls(**values)


def _half(size: int) -> int:
    """The output size of a convolution of stride 2 that pads to half, rounded up."""
    return (size + 1) // 2
