"""Give the library the version of the extension's manifest, which is its one place."""

import tomllib
from pathlib import Path

from setuptools import setup

manifest = Path(__file__).parent / "blender_manifest.toml"
setup(version=tomllib.loads(manifest.read_text(encoding="utf-8"))["version"])
