"""Colors and textures of a source, per face."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core.atomic_file import written_beside
from training.corpus.formats import SourceMesh
from training.corpus.package_files import FilePlace, PackageFiles

TEXTURE_SIDE = 512
"""Textures are kept no larger, in pixels."""
NO_COLOR = 180
"""Grey of faces whose source names neither a color nor a texture, sRGB 0..255."""

# Points inside a triangle where its texture is looked up: the centroids of its 16 small copies.
_SPOTS = (
    np.array(
        [[i + 1 / 3, j + 1 / 3] for i in range(4) for j in range(4 - i)]
        + [[i + 2 / 3, j + 2 / 3] for i in range(3) for j in range(3 - i)]
    )
    / 4
)


@dataclass(frozen=True, eq=False)
class Looks:
    """What the faces of a source look like.

    Attributes
    ----------
    colors
        (t, 3) uint8 sRGB: the mean of the texture over a face, else the material's color.
    face_textures
        (t,) int16, index into ``textures``, -1 for none.
    textures
        Names of files in the folder of textures.
    known
        Share of the faces whose color the source tells.
    """

    colors: NDArray[np.uint8]
    face_textures: NDArray[np.int16]
    textures: tuple[str, ...]
    known: float


def read_looks(mesh: SourceMesh, files: PackageFiles, place: FilePlace, folder: Path) -> Looks:
    """Find the textures of a mesh, save them in ``folder`` and color its faces.

    A texture that is not in the package, or that cannot be read, is left out.
    """
    count = len(mesh.faces)
    colors = np.full((count, 3), NO_COLOR, np.uint8)
    face_textures = np.full(count, -1, np.int16)
    known = np.zeros(count, bool)
    textures: list[str] = []
    for index, material in enumerate(mesh.materials):
        faces = np.flatnonzero(mesh.face_materials == index)
        if not len(faces):
            continue
        if material.color is not None:
            colors[faces] = np.round(np.clip(material.color, 0, 1) * np.array(255.0))
            known[faces] = True
        image = _find_texture(material.texture, files, place, alone=len(mesh.materials) == 1)
        if image is not None and mesh.uv[faces].any():
            name = _save_texture(image, folder)
            if name not in textures:
                textures.append(name)
            face_textures[faces] = textures.index(name)
            colors[faces] = average_texture(np.asarray(image), mesh.uv[faces])
            known[faces] = True
    return Looks(colors, face_textures, tuple(textures), float(known.mean()))


def average_texture(image: NDArray[np.uint8], uv: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Mean color of a texture over triangles.

    Parameters
    ----------
    image
        (h, w, 4) uint8; what is transparent does not count.
    uv
        (t, 3, 2), v upwards, repeated beyond 0..1.

    Returns
    -------
    (t, 3) uint8.
    """
    height, width = image.shape[:2]
    first, second = _SPOTS[:, 0, None], _SPOTS[:, 1, None]
    spots = (1 - first - second) * uv[:, None, 0] + first * uv[:, None, 1] + second * uv[:, None, 2]
    spots -= np.floor(spots)
    column = np.minimum((spots[..., 0] * width).astype(int), width - 1)
    row = np.minimum(((1 - spots[..., 1]) * height).astype(int), height - 1)
    texels = image[row, column].astype(np.float64)
    weight = texels[..., 3:] + 1e-3
    return np.asarray(np.round((texels[..., :3] * weight).sum(1) / weight.sum(1)), np.uint8)


def _find_texture(
    name: str, files: PackageFiles, place: FilePlace, *, alone: bool
) -> Image.Image | None:
    """The image of a name; a model with one material often has an image named like itself."""
    names = [name] if name else []
    if alone:
        names.append(place.path.stem + ".png")
    for wanted in names:
        found = files.find_image(place, wanted)
        if found is None:
            continue
        try:
            with Image.open(BytesIO(files.read(found))) as image:
                rgba = image.convert("RGBA")
        except (OSError, ValueError, KeyError):  # no image, or of a kind that Pillow cannot read
            continue
        rgba.thumbnail((TEXTURE_SIDE, TEXTURE_SIDE))
        return rgba
    return None


def _save_texture(image: Image.Image, folder: Path) -> str:
    """Save an image once, named by its content."""
    digest = hashlib.sha256(image.tobytes()).hexdigest()[:16]
    opaque = image.getchannel("A").getextrema() == (255, 255)
    path = folder / (digest + (".jpg" if opaque else ".png"))
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with written_beside(path) as beside:
            (image.convert("RGB") if opaque else image).save(beside, quality=92)
    return path.name
