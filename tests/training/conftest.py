"""Compiled kernels are kept in a folder of the working tree that survives from run to run."""

import os
from pathlib import Path

os.environ.setdefault("IMMAT_CACHE", str(Path(__file__).parents[2] / ".tools" / "kernels"))
