"""What a data set holds; two builds with equal settings give the same bytes on one machine."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from pathlib import Path

DATASET_FOLDER = Path("data/dataset")
"""Where the commands build the data set unless they are told otherwise."""
VERSION = 1
"""Raised when the same settings begin to mean something else."""


@dataclass(frozen=True)
class DatasetSettings:
    """What is made of every shape.

    Attributes
    ----------
    views
        Pictures of a shape.
    size
        Pixels along each side of a picture.
    photo_share
        Share of the pictures that look like photographs; the others are cut out.
    spheres, dense, surface
        Medial spheres, dense medial centres and surface samples of a shape.
    quality
        Of the pictures as JPEG.
    seed
        Start of everything random.
    """

    views: int = 24
    size: int = 224
    photo_share: float = 0.5
    spheres: int = 256
    dense: int = 2048
    surface: int = 4096
    quality: int = 92
    seed: int = 0

    @property
    def recipe(self) -> str:
        """Twelve hexadecimal digits that differ where the result would."""
        return hashlib.sha256(repr((VERSION, *astuple(self))).encode()).hexdigest()[:12]
