"""Trained networks to the files that are shipped: weights, and a graph for each network.

The graphs hold no weights. Each points into a file of weights, so both engines read the same
bytes and nothing is shipped twice.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from immat_core.engine import OnnxEngine, TorchEngine
from immat_core.errors import UserError
from immat_core.networks.build import Served, build_networks
from immat_core.networks.config import INPUTS, NETWORKS, OUTPUTS, NetworkConfig
from immat_core.weights import (
    CONFIG_FILE,
    FOLDER,
    WEIGHTS_FILES,
    StoredTensor,
    graph_file,
    locate_tensors,
    weights_file,
)

OPSET = 18
"""The first ONNX operator set whose reductions take their axes as the exporter writes them."""
LARGEST_HALF = float(np.finfo(np.float16).max)
KEPT, LARGE = 6, 1 << 13
"""Of the ten binary digits of a float16's fraction those that tensors with so many numbers keep.
The others are zeros, which a zip packs: it is smaller by 5 MB, and training saw hardly more."""


def trained_networks(run: Path, config: NetworkConfig) -> dict[str, nn.Module]:
    """All networks with the weights of a run, ``<run>/<network>.pt``.

    Raises
    ------
    UserError
        When one is not there, since untrained weights are never exported unseen, or does not
        fit the config.
    """
    networks = build_networks(config)
    for name, network in networks.items():
        path = run / f"{name}.pt"
        if not path.is_file():
            raise UserError(f"{run} has no trained {name}", f"Train it first: --stage {name}")
        try:
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except RuntimeError as error:
            raise UserError(f"{path} does not fit the config", str(error)) from error
    return networks


def export_networks(
    networks: Mapping[str, nn.Module], config: NetworkConfig, folder: Path
) -> list[Path]:
    """Write the weights, graphs and config of all networks into a folder.

    Parameters
    ----------
    networks
        All of ``config.NETWORKS``, in any mode and on any device; they are left as they are.
    folder
        Made if it is not there; files of the same names are replaced one by one.

    Returns
    -------
    list
        The files that were written.

    Raises
    ------
    ValueError
        When a weight is not finite or too large for float16.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {file: _packed(networks, names) for file, names in WEIGHTS_FILES.items()}
    places: dict[str, StoredTensor] = {}
    for file, weights in contents.items():
        places |= locate_tensors(weights, folder / file)
    contents[CONFIG_FILE] = config.to_json().encode()
    for name in NETWORKS:
        contents[graph_file(name)] = export_graph(name, networks[name], config, places)
    for file, data in contents.items():
        beside = folder / (file + ".part")
        beside.write_bytes(data)
        os.replace(beside, folder / file)
    return [folder / file for file in contents]


def export_graph(
    name: str, network: nn.Module, config: NetworkConfig, places: Mapping[str, StoredTensor]
) -> bytes:
    """A network's ONNX graph, without its weights.

    Parameters
    ----------
    places
        Where each weight lies in the network's file, by ``<network>.<parameter>``.

    Returns
    -------
    bytes
        The graph's file; the same for the same sizes, whatever the weights.
    """
    copy = build_networks(config)[name]
    copy.load_state_dict(network.state_dict())
    inputs, names = example_inputs(config, 50)[name], INPUTS[name]
    program = torch.onnx.export(
        Served(name, copy).eval(),
        tuple(torch.from_numpy(inputs[key]) for key in names),
        dynamo=True,
        optimize=False,
        verbose=False,
        opset_version=OPSET,
        input_names=list(names),
        # A value may be named once only, and `refinement` has centers on both sides.
        output_names=[f"{key}_out" if key in names else key for key in OUTPUTS[name]],
        dynamic_shapes=(_dynamic_axes(names),),
    )
    assert program is not None
    model = program.model_proto
    _point_to_weights(model.graph, name, places)
    _strip_traces(model)
    packed: bytes = model.SerializeToString(deterministic=True)
    return packed


def export_alone(network: nn.Module, example: torch.Tensor, given: str, answer: str) -> bytes:
    """A network of one input and one output as an ONNX file with its weights, in float16."""
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        optimize=False,
        verbose=False,
        opset_version=OPSET,
        input_names=[given],
        output_names=[answer],
    )
    assert program is not None
    model = program.model_proto
    _halve_weights(model.graph)
    _strip_traces(model)
    packed: bytes = model.SerializeToString(deterministic=True)
    return packed


def example_inputs(config: NetworkConfig, spheres: int, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Random but plausible inputs by network and name, as an engine takes them.

    Parameters
    ----------
    spheres
        How many, at least 1. With fewer than K + 1 the neighbors repeat.
    """
    rng = np.random.default_rng(seed)

    def noise(*shape: int) -> NDArray[np.float32]:
        return rng.uniform(0, 1, shape).astype(np.float32)

    pairs = zip(config.channels, config.map_sizes, strict=True)
    maps = {f"features_{i}": noise(1, c, side, side) for i, (c, side) in enumerate(pairs)}
    size = config.image_size
    centers = noise(1, spheres, 3) - 0.5
    balls = np.concatenate([centers, 0.01 + 0.1 * noise(1, spheres, 1)], 2)
    uv = 2.2 * noise(1, spheres, 2) - 1.1
    apart = np.linalg.norm(centers[0][:, None] - centers[0], axis=2)
    nearest = np.argsort(apart, axis=1, kind="stable")
    columns = np.arange(1, config.sparse_neighbors + 1) % spheres
    around = 0.1 * (noise(spheres, config.dense_neighbors, 3) - 0.5)
    linked = (noise(1, spheres, spheres) < 4 / spheres).astype(np.float32)
    degree = np.maximum(linked.sum(2, keepdims=True), 1)
    axes = np.linalg.qr(noise(1, 3, 3))[0].astype(np.float32)
    seen = {"image": noise(1, 4, size, size), "axes": axes, **maps}
    refined = {**seen, "centers": centers, "uv": uv, "radii": balls[..., 3]}
    smoothed = {**seen, "spheres": balls, "before": 1.01 * balls, "uv": uv}
    smoothed["adjacency"] = linked / degree
    return {
        "image2sphere": {"image": noise(1, 4, size, size)},
        "camera": {"image": noise(1, 4, size, size)},
        "refinement": {name: refined[name] for name in INPUTS["refinement"]},
        "topology": {
            "spheres": balls[0],
            "sparse": nearest[:, columns],
            "dense_neighbors": centers[0][:, None] + around,
        },
        "smoothing": {name: smoothed[name] for name in INPUTS["smoothing"]},
    }


def engine_difference(folder: Path, spheres: int = 256) -> dict[str, float]:
    """The largest absolute difference of the two engines' outputs, by network."""
    engines = OnnxEngine(folder, threads=1), TorchEngine(folder, device="cpu")
    worst = {}
    for name, inputs in example_inputs(engines[0].config, spheres).items():
        first, second = (engine.run(name, inputs) for engine in engines)
        worst[name] = max(float(np.abs(first[key] - second[key]).max()) for key in first)
    return worst


def _packed(networks: Mapping[str, nn.Module], names: Sequence[str]) -> bytes:
    """A safetensors file of some: float16, with the checksum of what follows its header."""
    from safetensors.numpy import save

    tensors = {}
    for name in names:
        for key, tensor in networks[name].state_dict().items():
            if not tensor.is_floating_point():
                continue  # BatchNorm counts batches, which inference does not use
            values = tensor.detach().cpu().float().numpy()
            if not np.abs(values).max(initial=0.0) <= LARGEST_HALF:
                raise ValueError(f"{name}.{key} is not finite or too large for float16")
            tensors[f"{name}.{key}"] = shortened(np.ascontiguousarray(values, np.float16))
    plain = save(tensors)
    body = memoryview(plain)[8 + int.from_bytes(plain[:8], "little") :]
    packed: bytes = save(tensors, metadata={"crc32": f"{zlib.crc32(body):08x}"})
    return packed


def shortened(values: NDArray[np.float16]) -> NDArray[np.float16]:
    """Large tensors with ``KEPT`` digits of their fractions, rounded to the nearest."""
    if values.size < LARGE:
        return values
    dropped = 10 - KEPT
    digits = values.view(np.uint16).astype(np.int64)
    digits = digits + (1 << (dropped - 1)) - 1 + (digits >> dropped & 1)
    short = (digits >> dropped << dropped).astype(np.uint16).view(np.float16)
    # Only next to the largest number there is could rounding leave what can be held.
    return np.where(np.isfinite(short), short, values)


def _dynamic_axes(names: tuple[str, ...]) -> tuple[dict[int, Any], ...]:
    """Which axes of a network's inputs, given by name, may be of any size."""
    n = torch.export.Dim("n")
    if "sparse" in names:
        k, d = torch.export.Dim("k"), torch.export.Dim("d")
        return {0: n}, {0: n, 1: k}, {0: n, 1: d}
    axes: dict[str, dict[int, Any]] = {
        "centers": {1: n},
        "radii": {1: n},
        "uv": {1: n},
        "spheres": {1: n},
        "before": {1: n},
        "adjacency": {1: n, 2: n},
    }
    return tuple(axes.get(key, {}) for key in names)


def _point_to_weights(graph: Any, network: str, places: Mapping[str, StoredTensor]) -> None:
    """Replace the weights by external float16 data and casts of them to float32."""
    weights, casts = [], []
    for initializer in graph.initializer:
        key = initializer.name.removeprefix("network.")
        place = places[f"{network}.{key}"]
        half = onnx.TensorProto(name=f"{key}.half", data_type=onnx.TensorProto.FLOAT16)
        half.dims.extend(place.shape)
        half.data_location = onnx.TensorProto.EXTERNAL
        where = {"location": weights_file(network), "offset": place.offset, "length": place.length}
        for word, value in where.items():
            half.external_data.add(key=word, value=str(value))
        weights.append(half)
        casts.append(
            onnx.helper.make_node(
                "Cast", [half.name], [initializer.name], f"{key}.cast", to=onnx.TensorProto.FLOAT
            )
        )
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)


def _halve_weights(graph: Any) -> None:
    """Replace float32 weights by float16 ones and casts of them to float32."""
    weights, casts = [], []
    for initializer in graph.initializer:
        values = onnx.numpy_helper.to_array(initializer)
        if values.dtype == np.float32 and values.size > 1:
            name = initializer.name
            short = shortened(values.astype(np.float16))
            half = onnx.numpy_helper.from_array(short, f"{name}.half")
            to = onnx.TensorProto.FLOAT
            casts.append(onnx.helper.make_node("Cast", [half.name], [name], f"{name}.cast", to=to))
            weights.append(half)
        else:
            weights.append(initializer)
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(weights)
    graph.node.extend(nodes)


def _strip_traces(model: Any) -> None:
    """Drop the exporter's notes: they quote source lines with paths of the machine it ran on."""
    graph = model.graph
    del graph.value_info[:]
    for thing in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del thing.metadata_props[:]
        thing.doc_string = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of ``python -m training.export``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the run")
    parser.add_argument("--config", default="training/configs/default.yaml", help="the run's")
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--network", type=Path, help="JSON with the sizes, instead of both")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(argv)
    try:
        config = _config(options.network, options.config, options.data)
        files = export_networks(trained_networks(options.checkpoint, config), config, options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for path in files:
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    for name, difference in engine_difference(options.out).items():
        print(f"{name}: the engines differ by {difference:.1e}")
    return 0


def _config(network: Path | None, settings: str, data: str | None) -> NetworkConfig:
    """The sizes of the networks: as given, or as training takes them from settings and data."""
    if network is not None:
        return NetworkConfig.from_json(network.read_text("utf-8"))
    from training.config import read_config
    from training.data import open_folder
    from training.train import network_config

    read = read_config(settings)
    return network_config(read, open_folder(Path(data or read.data) / "train"))


if __name__ == "__main__":
    sys.exit(main())
