"""One interface to run the networks, two engines: ONNX Runtime (default) and torch.

Importing this module needs NumPy alone. Both engines read the same float16 weights, calculate in
float32 and agree to 1e-4 (``tests/core/test_engine.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.networks.config import INPUTS, NETWORKS, OUTPUTS, NetworkConfig
from immat_core.weights import (
    FOLDER,
    check_weights,
    damaged,
    graph_file,
    read_config,
    read_tensors,
)

if TYPE_CHECKING:
    from torch import nn

Arrays = dict[str, NDArray[Any]]
EngineKind = Literal["onnx", "torch"]


class Engine(Protocol):
    """Runs networks by name."""

    @property
    def config(self) -> NetworkConfig:
        """The sizes of the networks, and the thresholds that belong to them."""

    def run(self, network: str, inputs: Arrays) -> Arrays:
        """Run one network.

        Parameters
        ----------
        network
            One of ``networks.config.NETWORKS``.
        inputs
            float32 arrays by the names of ``config.INPUTS[network]``, ``sparse`` int64; their
            shapes stand in the network's ``forward``, with B = 1. ``topology`` takes any K >= 1
            and has no batch axis. Any number of spheres from 1 up.

        Returns
        -------
        dict
            New float32 arrays by the names of ``networks.config.OUTPUTS``; of ``topology``,
            probabilities. The same inputs give the same arrays, bit by bit.
        """


class OnnxEngine:
    """The networks in ONNX Runtime, on the CPU. A network's session is made when first run."""

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        """
        Parameters
        ----------
        folder
            Where the networks are; None for those that are shipped.
        threads
            How many threads one run may use; None for all cores but at most 4.
        """
        self._folder = FOLDER if folder is None else folder
        self._runtime = _import_onnxruntime()
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._sessions: dict[str, Any] = {}
        self._lock = Lock()
        self.config = read_config(self._folder)
        check_weights(self._folder)

    def run(self, network: str, inputs: Arrays) -> Arrays:
        """Run one network; see ``Engine.run``."""
        ordered = _ordered(network, inputs, self.config)
        session = self._session(network)
        names = INPUTS[network]
        outputs = session.run(None, dict(zip(names, ordered, strict=True)))
        return dict(zip(OUTPUTS[network], outputs, strict=True))

    def _session(self, network: str) -> Any:
        with self._lock:
            if network not in self._sessions:
                self._sessions[network] = self._open(network)
            return self._sessions[network]

    def _open(self, network: str) -> Any:
        path = self._folder / graph_file(network)
        if not path.is_file():
            raise damaged(path, "it is missing")
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = 4
        # Threads that spin for the next call would take the processor from Blender's drawing.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return self._runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except _load_errors() as error:
            raise damaged(path, str(error).splitlines()[0]) from error


class TorchEngine:
    """The networks in torch, on a GPU where torch has one."""

    def __init__(self, folder: Path | None = None, device: str | None = None) -> None:
        """
        Parameters
        ----------
        folder
            Where the networks are; None for those that are shipped.
        device
            A torch device; None for ``cuda`` where there is one, else ``cpu``.
        """
        self._folder = FOLDER if folder is None else folder
        self._torch = _import_torch()
        self._device = device or ("cuda" if self._torch.cuda.is_available() else "cpu")
        self._networks: dict[str, nn.Module] = {}
        self._lock = Lock()
        self.config = read_config(self._folder)
        self._tensors = read_tensors(self._folder)

    def run(self, network: str, inputs: Arrays) -> Arrays:
        """Run one network; see ``Engine.run``."""
        ordered = _ordered(network, inputs, self.config)
        module = self._network(network)
        from_numpy = self._torch.from_numpy
        with self._torch.inference_mode():
            outputs = module(*(from_numpy(array).to(self._device) for array in ordered))
        arrays = (output.cpu().numpy() for output in outputs)
        return dict(zip(OUTPUTS[network], arrays, strict=True))

    def _network(self, name: str) -> nn.Module:
        with self._lock:
            if name not in self._networks:
                self._networks[name] = self._load(name)
            return self._networks[name]

    def _load(self, name: str) -> nn.Module:
        from immat_core.networks.build import Served, build_networks

        prefix = f"{name}."
        state = {
            key.removeprefix(prefix): self._torch.tensor(values.astype(np.float32))
            for key, values in self._tensors.items()
            if key.startswith(prefix)
        }
        # The initial values are replaced at once; drawing them must not move the caller's seed.
        with self._torch.random.fork_rng(devices=[]):
            network = build_networks(self.config)[name]
        try:
            missing, _ = network.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise damaged(self._folder, "its weights do not fit its config") from error
        if any(not key.endswith("num_batches_tracked") for key in missing):
            raise damaged(self._folder, f"it lacks weights of the network {name}")
        return Served(name, network.to(self._device)).eval()


def load_engine(kind: EngineKind = "onnx", folder: Path | None = None) -> Engine:
    """Open the networks of a folder.

    Parameters
    ----------
    kind
        ``"onnx"`` or ``"torch"``.
    folder
        Where the networks are; None for those that are shipped.

    Raises
    ------
    UserError
        When ONNX Runtime or torch is not installed, or the networks are missing or damaged; for
        a damaged graph, when it is first run.
    ValueError
        For another kind.
    """
    engines: dict[str, Callable[[Path | None], Engine]] = {"onnx": OnnxEngine, "torch": TorchEngine}
    if kind not in engines:
        raise ValueError(f"no engine is called {kind!r}; there are {', '.join(engines)}")
    return engines[kind](folder)


def _ordered(network: str, inputs: Arrays, config: NetworkConfig) -> list[NDArray[Any]]:
    """The inputs in the network's order, contiguous and of its types."""
    if network not in NETWORKS:
        raise ValueError(f"no network is called {network!r}; there are {', '.join(NETWORKS)}")
    names = INPUTS[network]
    if set(inputs) != set(names):
        raise ValueError(f"{network} takes {', '.join(names)}, not {', '.join(inputs)}")
    return [
        np.ascontiguousarray(inputs[name], np.int64 if name == "sparse" else np.float32)
        for name in names
    ]


def _import_onnxruntime() -> ModuleType:
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            "ONNX Runtime is not installed", "Install it with `pip install onnxruntime`"
        ) from error
    module: ModuleType = onnxruntime
    return module


def _load_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises for a graph that it cannot load; they share no base of its own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidGraph", "InvalidProtobuf", "InvalidArgument", "NotImplemented")
    return *(getattr(state, name) for name in names), state.RuntimeException


def _import_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise UserError(
            "torch is not installed", "Choose the ONNX engine, or install torch for this Python"
        ) from error
    return torch
