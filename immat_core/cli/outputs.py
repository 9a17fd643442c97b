"""Where results go: checks of the arguments before any work is done."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from immat_core.errors import UserError

VOXEL = 1 / 128
"""Default distance of the surface's samples, in units of the object's diagonal."""

SURFACE_FORMATS = ("ply", "obj", "stl", "glb", "vdb")
FORMATS = (*SURFACE_FORMATS, "ma")


def checked_output(given: str, formats: Sequence[str], inputs: Sequence[Path]) -> Path:
    """The file to write to, if it has a format that we write and a folder to lie in."""
    output = Path(given)
    suffix = output.suffix.lower()
    if suffix == ".blend":
        raise UserError(
            f"{output}: only Blender writes .blend files",
            "Run `blender -b -c image_to_mat IMAGE... -o OUT.blend`",
        )
    if suffix.removeprefix(".") not in formats:
        names = ", ".join(f".{name}" for name in formats)
        raise UserError(f"{output}: no format has the suffix {suffix!r}", f"Use {names}")
    if output.is_dir():
        raise UserError(f"{output} is a folder", "Name a file")
    if not output.parent.is_dir():
        raise UserError(f"the folder {output.parent} does not exist", "Make it first")
    if any(output.resolve() == file.resolve() for file in inputs):
        raise UserError(f"{output} would replace the input", "Choose another name")
    return output


def make_folder(folder: Path) -> None:
    """Make a folder for several results if there is none; UserError where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made a folder ({error.strerror})", "Several images need a folder"
        ) from None


def distinct_names(images: Sequence[Path]) -> list[str]:
    """The images' names without suffix; a second "chair" becomes "chair-2"."""
    names: list[str] = []
    taken = set()
    for image in images:
        name, number = image.stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{image.stem}-{number}"
        taken.add(name.lower())
        names.append(name)
    return names


def add_surface_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what says how the surface is made."""
    add = parser.add_argument
    add("--voxel", type=float, default=VOXEL, metavar="H", help="resolution (default: 1/128)")
    add("--crisp", action="store_true", help="keep creases sharp, by an exact union of the parts")
    add("--target-faces", type=int, metavar="N", help="reduce to N triangles at most")


def check_surface_arguments(arguments: argparse.Namespace, outputs: Sequence[Path]) -> None:
    """Raise UserError for a voxel out of range, and for a mesh's options where no mesh goes."""
    check_voxel(arguments.voxel)
    count = arguments.target_faces
    if count is not None and count < 4:
        raise UserError(f"a closed surface cannot have {count} faces", "Ask for 4 or more")
    for option, given in (("--crisp", arguments.crisp), ("--target-faces", count is not None)):
        for output in outputs if given else ():
            if output.suffix.lower() in (".ma", ".vdb"):
                raise UserError(
                    f"{option} does not go with {output}, which holds no mesh",
                    "Use .ply, .obj, .stl or .glb",
                )


def check_voxel(voxel: float) -> None:
    """Raise UserError for a voxel that no shape of diagonal 1 can have."""
    if not 0 < voxel < 1:
        raise UserError(f"the voxel {voxel:g} is out of range", "Give a size above 0 and below 1")
