"""Binary glTF 2.0: arrays, a document that names them, one file. And back again.

glTF prescribes Y up and front toward +Z, where everything of ours has Z up and front toward -Y:
:func:`turned` goes there by a quarter about X and :func:`turned_back` returns.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError

VERTICES, INDICES = 34962, 34963
"""Targets of buffer views."""
POINTS, LINES, TRIANGLES = 0, 1, 4
"""Modes of primitives."""
COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
"""NumPy types of glTF's component types."""
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
"""Columns of the accessor types that we read."""
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942

Kind = Literal["SCALAR", "VEC3"]


def turned(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """(n, 3) float32: (x, y, z) becomes (x, z, -y)."""
    return np.column_stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]]).astype(np.float32)


def turned_back(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """(n, 3) float32: (x, y, z) becomes (x, -z, y)."""
    return np.column_stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]]).astype(np.float32)


class GltfWriter:
    """Collects arrays; each becomes a buffer view and an accessor of its own."""

    def __init__(self) -> None:
        self._blob = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def floats(self, values: NDArray[Any], *, bounds: bool = False) -> int:
        """Add (n,) or (n, 3) values as float32; returns the accessor.

        ``bounds`` writes the least and greatest values, which positions must have.
        """
        array = np.ascontiguousarray(values, "<f4")
        kind: Kind = "SCALAR" if array.ndim == 1 else "VEC3"
        accessor = self._add(array.tobytes(), VERTICES, 5126, len(array), kind)
        if bounds and len(array):
            flat = array.reshape(len(array), -1)
            limits = {"min": flat.min(0).tolist(), "max": flat.max(0).tolist()}
            self._accessors[accessor] |= limits
        return accessor

    def indices(self, values: NDArray[np.integer[Any]]) -> int:
        """Add indices of any shape as uint32; returns the accessor."""
        array = np.ascontiguousarray(values, "<u4").ravel()
        return self._add(array.tobytes(), INDICES, 5125, len(array), "SCALAR")

    def file(self, document: dict[str, Any]) -> bytes:
        """The file of a document that lacks ``asset``, ``buffers`` and what was collected."""
        whole = {
            "asset": {"version": "2.0", "generator": "Image to MAT"},
            **document,
            "buffers": [{"byteLength": len(self._blob)}],
            "bufferViews": self._views,
            "accessors": self._accessors,
        }
        text = json.dumps(whole, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + len(self._blob)
        return b"".join(
            [
                struct.pack("<4sII", b"glTF", 2, total),
                struct.pack("<II", len(text), JSON_CHUNK),
                text,
                struct.pack("<II", len(self._blob), BINARY_CHUNK),
                bytes(self._blob),
            ]
        )

    def _add(self, data: bytes, target: int, component: int, count: int, kind: Kind) -> int:
        self._views.append(
            {
                "buffer": 0,
                "byteOffset": len(self._blob),
                "byteLength": len(data),
                "target": target,
            }
        )
        self._blob += data
        self._accessors.append(
            {
                "bufferView": len(self._views) - 1,
                "componentType": component,
                "count": count,
                "type": kind,
            }
        )
        return len(self._accessors) - 1


class GltfReader:
    """A .glb file: its document, and its arrays by accessor.

    Raises
    ------
    UserError
        For a file that cannot be read or is no binary glTF 2.0 with its arrays within.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
        try:
            magic, version, _ = struct.unpack_from("<4sII", data)
            length, kind = struct.unpack_from("<II", data, 12)
            if (magic, version, kind) != (b"glTF", 2, JSON_CHUNK):
                raise ValueError("no binary glTF 2.0")
            self.document: dict[str, Any] = json.loads(data[20 : 20 + length])
            self._blob = data[28 + length :]
        except (ValueError, struct.error) as error:
            raise UserError(f"{path} is no binary glTF 2.0 file", "Choose another one") from error

    def array(self, accessor: int) -> NDArray[Any]:
        """(n,) or (n, columns) values; raises ``ValueError`` or ``LookupError`` where broken."""
        about = self.document["accessors"][accessor]
        view = self.document["bufferViews"][about["bufferView"]]
        width = WIDTHS[about["type"]]
        dtype = np.dtype(COMPONENTS[about["componentType"]])
        start = view.get("byteOffset", 0) + about.get("byteOffset", 0)
        stride = view.get("byteStride") or width * dtype.itemsize
        rows: NDArray[Any] = np.ndarray(
            (about["count"], width), dtype, self._blob, start, (stride, dtype.itemsize)
        )
        return rows[:, 0].copy() if width == 1 else rows.copy()
