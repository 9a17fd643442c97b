"""How time and memory grow with the number of spheres and with the surface.

Run as a program, it builds one large surface and prints how much memory the process needed.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the project is found only now
from medial_shapes import cloud  # noqa: E402

from immat_core import kernels  # noqa: E402
from immat_core.surface import build_surface  # noqa: E402

SPHERES = (64, 256, 1024, 4096, 16384)
LARGE, FINE = 10_000, 256
"""Spheres and samples a side of the run whose memory is measured."""
ROUNDS = 3
GROWN, DENSER = "as many voxels a sphere", "one box of 128 voxels a side"
"""The two series: surface and voxels grow with the spheres, or the spheres alone."""


@dataclass(frozen=True)
class Size:
    """A cloud of spheres and what its surface took.

    Attributes
    ----------
    series
        ``GROWN`` or ``DENSER``.
    spheres, steps, triangles
        How many, and samples along the box's side.
    milliseconds
        CPU time of a full rebuild, the median of three.
    """

    series: str
    spheres: int
    steps: int
    triangles: int
    milliseconds: float


def measure_scale(series: str, most_spheres: int = SPHERES[-1]) -> list[Size]:
    """Full rebuilds of clouds of more and more spheres."""
    sizes = []
    for spheres in (count for count in SPHERES if count <= most_spheres):
        mat = cloud(spheres)
        steps = 128 if series == DENSER else round(64 * (spheres / 256) ** (1 / 3))
        times = []
        for _ in range(ROUNDS):
            started = time.process_time()
            surface = build_surface(mat, 1 / steps, quads=False)
            times.append(1e3 * (time.process_time() - started))
        sizes.append(Size(series, spheres, steps, len(surface.faces), statistics.median(times)))
    return sizes


def growth(sizes: list[Size]) -> float:
    """The power of the number of triangles that the time grows with (least squares of logs)."""
    faces = np.log([size.triangles for size in sizes])
    return float(np.polyfit(faces, np.log([size.milliseconds for size in sizes]), 1)[0])


def peak_memory(spheres: int = LARGE, steps: int = FINE) -> float:
    """Most memory in GB that a process of its own held: Python, libraries and all."""
    command = [sys.executable, str(Path(__file__).resolve()), str(spheres), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _own_peak() -> float:
    """GB. Linux's own count begins with this program; ``ru_maxrss`` takes over the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1e6
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    kernels.load()
    build_surface(cloud(int(sys.argv[1])), 1 / int(sys.argv[2]), quads=False)
    print(_own_peak())
