"""The shipped networks: files of weights, graphs that point into them, and ``config.json``.

The weights are float16 in the safetensors format, under ``<network>.<parameter>``: those of the
camera network, which sees with an encoder of its own, in one file, those of all others in another.
Each ``<network>.onnx`` holds operations only; its weights are ONNX external data at their places
in that file. So both engines read the same bytes, and they are shipped once.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.networks.config import NetworkConfig

FOLDER: Final = Path(__file__).parent
WEIGHTS_FILES: Final = {
    "immat.safetensors": ("image2sphere", "refinement", "topology", "smoothing"),
    "camera.safetensors": ("camera",),
}
"""The networks of each file."""
CONFIG_FILE: Final = "config.json"

_REPAIR = "Install Image to MAT again, or export networks with `python -m training.export`"


def graph_file(network: str) -> str:
    """The name of a network's ONNX graph."""
    return f"{network}.onnx"


def weights_file(network: str) -> str:
    """The name of the file with a network's weights."""
    return next(file for file, networks in WEIGHTS_FILES.items() if network in networks)


@dataclass(frozen=True)
class StoredTensor:
    """Where a float16 tensor lies: its shape, its first byte in the file, its length in bytes."""

    shape: tuple[int, ...]
    offset: int
    length: int


def read_config(folder: Path) -> NetworkConfig:
    """The config of the networks in a folder; ``UserError`` when it is missing or damaged."""
    path = folder / CONFIG_FILE
    try:
        return NetworkConfig.from_json(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"There are no networks in {folder}", _REPAIR) from error
    except (ValueError, TypeError) as error:
        raise damaged(path, str(error)) from error


def read_tensors(folder: Path) -> dict[str, NDArray[np.float16]]:
    """All weights of a folder, read-only, float16, by ``<network>.<parameter>``.

    Raises
    ------
    UserError
        When a file is missing, cut short or altered: its checksum is compared.
    """
    tensors = {}
    for path in (folder / file for file in WEIGHTS_FILES):
        data = _read_checked(path)
        for name, place in locate_tensors(data, path).items():
            values = np.frombuffer(data, "<f2", place.length // 2, place.offset)
            tensors[name] = values.reshape(place.shape)
    return tensors


def check_weights(folder: Path) -> None:
    """Raise ``UserError`` when the weights of a folder are missing, cut short or altered."""
    for file in WEIGHTS_FILES:
        _read_checked(folder / file)


def locate_tensors(data: bytes, path: Path) -> dict[str, StoredTensor]:
    """Where each tensor of a safetensors file lies.

    Parameters
    ----------
    data
        The whole file.
    path
        Its name, for the error.
    """
    start, header = _header(data, path)
    try:
        return {name: _stored(entry, start, len(data)) for name, entry in header.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(path, f"its header is wrong: {error}") from error


def damaged(path: Path, why: str) -> UserError:
    """The error for a file of the networks that cannot be used."""
    return UserError(f"The networks' file {path} is damaged: {why}", _REPAIR)


def _read_checked(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"The networks' weights {path} cannot be read: {error}", _REPAIR) from error
    start, header = _header(data, path, keep_metadata=True)
    metadata = header.get("__metadata__")
    expected = metadata.get("crc32") if isinstance(metadata, dict) else None
    if expected != f"{zlib.crc32(memoryview(data)[start:]):08x}":
        raise damaged(path, "its checksum does not match")
    return data


def _header(
    data: bytes, path: Path, *, keep_metadata: bool = False
) -> tuple[int, dict[str, object]]:
    """The offset at which the tensors begin, and the header's entries."""
    start = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8:start])
    except ValueError as error:
        raise damaged(path, "its header cannot be read") from error
    if not isinstance(header, dict) or start > len(data):
        raise damaged(path, "its header cannot be read")
    if not keep_metadata:
        header.pop("__metadata__", None)
    return start, header


def _stored(entry: object, start: int, size: int) -> StoredTensor:
    if not isinstance(entry, dict) or entry["dtype"] != "F16":
        raise ValueError("a tensor is not float16")
    first, last = entry["data_offsets"]
    shape = tuple(int(side) for side in entry["shape"])
    if not 0 <= first <= last <= size - start or last - first != 2 * int(np.prod(shape)):
        raise ValueError("a tensor does not fit its place")
    return StoredTensor(shape, start + first, last - first)
