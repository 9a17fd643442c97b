"""A picture's background, taken away without a network and without a download."""

import numpy as np
from numpy.typing import NDArray


def remove_background(rgb: NDArray[np.uint8], name: str = "the picture") -> NDArray[np.uint8]:
    """Stand-in."""
    return (np.abs(rgb.astype(int) - rgb[0, 0]).sum(-1) > 60).astype(np.uint8) * np.uint8(255)
