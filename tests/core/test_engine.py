"""The two engines: they agree, repeat themselves and name what is wrong with a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import torch

from immat_core.engine import OnnxEngine, TorchEngine, load_engine
from immat_core.errors import UserError
from immat_core.networks import build_networks
from immat_core.networks.config import NETWORKS, OUTPUTS, NetworkConfig
from immat_core.weights import FOLDER, WEIGHTS_FILES, graph_file, locate_tensors, read_tensors
from training.export import engine_difference, example_inputs, export_graph, export_networks

TOLERANCE = 1e-4
WEIGHTS_FILE = next(iter(WEIGHTS_FILES))


def seeded_networks(config):
    """Networks with no weight, running mean or variance left at a value that hides a mistake."""
    torch.manual_seed(5)
    networks = build_networks(config)
    with torch.no_grad():
        for network in networks.values():
            for parameter in network.parameters():
                parameter.add_(0.03 * torch.randn_like(parameter))
            for key, buffer in network.named_buffers():
                if key.endswith("running_mean"):
                    buffer.normal_(0, 0.1)
                elif key.endswith("running_var"):
                    buffer.uniform_(0.5, 2)
    return networks


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder of exported networks, its config, and the networks themselves."""
    config = NetworkConfig(image_size=64, width=0.25, hidden=64, dense=300)
    networks = seeded_networks(config)
    folder = tmp_path_factory.mktemp("networks")
    export_networks(networks, config, folder)
    return folder, config, networks


@pytest.fixture
def folder(exported, tmp_path):
    """A copy of the exported networks that a test may damage."""
    return Path(shutil.copytree(exported[0], tmp_path / "networks"))


@pytest.mark.parametrize("spheres", [1, 2, 50, 256, 700])
def test_engines_agree_for_any_number_of_spheres(exported, spheres):
    difference = engine_difference(exported[0], spheres)
    assert set(difference) == set(NETWORKS)
    assert max(difference.values()) < TOLERANCE, difference


def test_engines_agree_on_networks_with_every_switch_on(tmp_path):
    switches = {"global_cells": 2, "dense_rank": 7, "azimuth_bins": 12, "sparse_neighbors": 8}
    config = NetworkConfig(image_size=48, width=0.125, hidden=32, dense=200, **switches)
    export_networks(seeded_networks(config), config, tmp_path)
    for spheres in (1, 300):
        difference = engine_difference(tmp_path, spheres)
        assert max(difference.values()) < TOLERANCE, difference
    inputs = example_inputs(config, 20)
    found = load_engine("onnx", tmp_path)
    assert found.run("image2sphere", inputs["image2sphere"])["pose"].shape == (1, 14)
    thin = found.run("refinement", inputs["refinement"])["radii"]
    thick = {**inputs["refinement"], "radii": 3 * inputs["refinement"]["radii"]}
    assert np.all(found.run("refinement", thick)["radii"] > thin)
    del thick["radii"]
    with pytest.raises(ValueError, match="radii"):
        found.run("refinement", thick)


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_outputs_have_the_documented_names_shapes_and_types(exported, kind):
    folder, config, _ = exported
    engine = load_engine(kind, folder)
    assert engine.config == config
    n = 50
    inputs = example_inputs(config, n)
    outputs = {name: engine.run(name, inputs[name]) for name in NETWORKS}
    for name in NETWORKS:
        assert tuple(outputs[name]) == OUTPUTS[name]
        assert {array.dtype for array in outputs[name].values()} == {np.dtype(np.float32)}
        assert all(np.isfinite(array).all() for array in outputs[name].values())
    shapes = {key: array.shape for name in outputs for key, array in outputs[name].items()}
    assert outputs["image2sphere"]["centers"].shape == (1, 256, 3)
    assert shapes["centers"] == (1, n, 3)
    assert shapes["radii"] == (1, n)
    assert shapes["dense"] == (1, 300, 3)
    assert shapes["pose"] == (1, 38)
    assert shapes["category"] == (1, 4)
    assert shapes["edges"] == (n, 12)
    assert shapes["faces"] == (n, 12, 12)
    assert shapes["displacement"] == (1, n, 4)
    probabilities = np.concatenate(
        [outputs["topology"][key].ravel() for key in OUTPUTS["topology"]]
    )
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    assert 0.1 < np.median(outputs["topology"]["edges"]) < 0.9


def test_exported_networks_are_the_trained_ones(exported):
    """float16 weights move an output by no more than rounding does."""
    folder, config, networks = exported
    image = example_inputs(config, 1)["image2sphere"]["image"]
    with torch.no_grad():
        expected = networks["image2sphere"].eval()(torch.from_numpy(image)).centers.numpy()
    got = load_engine("onnx", folder).run("image2sphere", {"image": image})["centers"]
    np.testing.assert_allclose(got, expected, atol=5e-3)
    assert expected.std() > 0.1


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_runs_repeat_bit_by_bit(exported, kind):
    folder, config, _ = exported
    engine, other = load_engine(kind, folder), load_engine(kind, folder)
    for name, inputs in example_inputs(config, 256).items():
        first = engine.run(name, inputs)
        for again in (engine.run(name, inputs), other.run(name, inputs)):
            assert all(np.array_equal(first[key], again[key]) for key in first)


def test_topology_takes_fewer_neighbors_than_the_config_says(exported):
    folder, config, _ = exported
    inputs = example_inputs(config, 5)["topology"]
    inputs["sparse"] = inputs["sparse"][:, :3]
    inputs["dense_neighbors"] = inputs["dense_neighbors"][:, :10]
    first, second = (
        load_engine(kind, folder).run("topology", inputs) for kind in ("onnx", "torch")
    )
    assert first["faces"].shape == (5, 3, 3)
    np.testing.assert_allclose(first["faces"], second["faces"], atol=TOLERANCE)


def test_inputs_of_other_types_and_layouts_are_converted(exported):
    folder, config, _ = exported
    engine = load_engine("onnx", folder)
    inputs = example_inputs(config, 20)["refinement"]
    strange = {key: np.asfortranarray(array.astype(np.float64)) for key, array in inputs.items()}
    first, second = engine.run("refinement", inputs), engine.run("refinement", strange)
    assert np.array_equal(first["centers"], second["centers"])


def test_a_networks_session_is_made_once_and_only_when_run(exported, monkeypatch):
    folder, config, _ = exported
    opened = []
    real = OnnxEngine._open
    monkeypatch.setattr(
        OnnxEngine, "_open", lambda self, name: opened.append(name) or real(self, name)
    )
    engine = OnnxEngine(folder)
    assert opened == []
    inputs = example_inputs(config, 9)
    for name in ("topology", "topology", "smoothing", "topology"):
        engine.run(name, inputs[name])
    assert opened == ["topology", "smoothing"]


def test_engines_leave_the_folder_and_the_seed_alone(exported):
    folder, config, _ = exported

    def contents():
        return {p.name: hashlib.sha256(p.read_bytes()).digest() for p in folder.iterdir()}

    before = contents()
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    for kind in ("onnx", "torch"):
        load_engine(kind, folder).run("topology", example_inputs(config, 9)["topology"])
    assert torch.equal(torch.rand(1), expected)
    assert contents() == before


def test_export_is_reproducible(exported):
    folder, config, networks = exported
    weights = folder / WEIGHTS_FILE
    places = locate_tensors(weights.read_bytes(), weights)
    again = export_graph("smoothing", networks["smoothing"], config, places)
    assert (folder / graph_file("smoothing")).read_bytes() == again


def test_graphs_are_small_and_name_no_source_file(exported):
    for name in NETWORKS:
        data = (exported[0] / graph_file(name)).read_bytes()
        assert len(data) < 150_000
        assert b".py" not in data
        assert os.getcwd().encode() not in data


def test_weights_are_readable_by_the_safetensors_package(exported):
    numpy_files = pytest.importorskip("safetensors.numpy")
    ours, theirs = read_tensors(exported[0]), {}
    for file in WEIGHTS_FILES:
        theirs |= numpy_files.load_file(exported[0] / file)
    assert set(ours) == set(theirs)
    assert all(np.array_equal(ours[key], theirs[key]) for key in ours)
    assert {array.dtype for array in ours.values()} == {np.dtype(np.float16)}


def test_onnx_engine_runs_where_torch_is_absent(exported):
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np; from pathlib import Path; from immat_core.engine import load_engine\n"
        "engine = load_engine('onnx', Path(sys.argv[1]))\n"
        "print(engine.run('image2sphere', {'image': np.zeros((1, 4, 64, 64))})['radii'].shape)\n"
        "try: load_engine('torch', Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(exported[0])], check=True, capture_output=True, text=True
    )
    shape, error = done.stdout.splitlines()
    assert shape == "(1, 256)"
    assert error.startswith("UserError torch is not installed. Choose the ONNX engine")


def test_missing_onnxruntime_says_how_to_get_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="pip install onnxruntime"):
        load_engine("onnx", folder)


@pytest.mark.parametrize("kind", ["onnx", "torch"])
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("config.json", lambda data: None),
        ("config.json", lambda data: b"{"),
        ("config.json", lambda data: b'{"colour": 1}'),
        (WEIGHTS_FILE, lambda data: None),
        (WEIGHTS_FILE, lambda data: b""),
        (WEIGHTS_FILE, lambda data: data[:-100]),
        (WEIGHTS_FILE, lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
        (WEIGHTS_FILE, lambda data: b"\xff" * 8 + data[8:]),
        (WEIGHTS_FILE, lambda data: data[:8] + b"x" + data[9:]),
        ("camera.safetensors", lambda data: None),
        ("camera.safetensors", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
    ],
)
def test_damaged_folder_is_a_user_error_at_once(folder, kind, file, damage):
    changed = damage((folder / file).read_bytes())
    (folder / file).unlink()
    if changed is not None:
        (folder / file).write_bytes(changed)
    with pytest.raises(UserError, match="Install Image to MAT again"):
        load_engine(kind, folder)


@pytest.mark.parametrize("damage", [lambda data: None, lambda data: b"no", lambda data: data[:900]])
def test_damaged_graph_is_a_user_error_when_run(exported, folder, damage):
    path = folder / graph_file("topology")
    changed = damage(path.read_bytes())
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    engine = OnnxEngine(folder)
    with pytest.raises(UserError, match=r"topology\.onnx is damaged"):
        engine.run("topology", example_inputs(exported[1], 9)["topology"])


@pytest.mark.parametrize(("field", "value"), [("width", 0.5), ("spheres", 99)])
def test_config_that_does_not_fit_the_weights_is_a_user_error(folder, exported, field, value):
    config = NetworkConfig(**{**vars(exported[1]), field: value})
    (folder / "config.json").write_text(config.to_json())
    with pytest.raises(UserError, match="do not fit its config"):
        TorchEngine(folder).run("image2sphere", example_inputs(config, 9)["image2sphere"])


def test_wrong_use_is_a_value_error(exported):
    engine = load_engine("onnx", exported[0])
    with pytest.raises(ValueError, match="no network is called 'sphere2image'"):
        engine.run("sphere2image", {})
    with pytest.raises(ValueError, match="topology takes spheres, sparse, dense_neighbors"):
        engine.run("topology", {"spheres": np.zeros((1, 4))})
    with pytest.raises(ValueError, match="no engine is called 'jax'"):
        load_engine("jax", folder)


def test_export_refuses_weights_that_float16_cannot_hold(tmp_path):
    config = NetworkConfig(image_size=64, width=0.125, hidden=16, dense=10)
    networks = build_networks(config)
    with torch.no_grad():
        networks["topology"].edge.bias.fill_(float("nan"))
    with pytest.raises(ValueError, match=r"topology\.edge\.bias is not finite"):
        export_networks(networks, config, tmp_path)
    assert list(tmp_path.iterdir()) == []


def chair_picture(size):
    """A shaded seat, back and legs on nothing: (1, 4, size, size), premultiplied."""
    rgba = np.zeros((4, size, size), np.float32)
    shade = np.linspace(0.3, 0.9, size, dtype=np.float32)[:, None]
    at = np.round(np.array([0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9]) * size).astype(int)
    for rows, columns in (
        (slice(at[0], at[4]), slice(at[1], at[2])),
        (slice(at[3], at[4]), slice(at[1], at[6])),
        (slice(at[4], at[7]), slice(at[1], at[1] + 4)),
        (slice(at[4], at[7]), slice(at[6] - 4, at[6])),
    ):
        rgba[:3, rows, columns] = shade[rows]
        rgba[3, rows, columns] = 1
    return rgba[None]


@pytest.mark.skipif(not (FOLDER / WEIGHTS_FILE).is_file(), reason="no networks are shipped yet")
class TestShipped:
    def test_engines_agree_through_all_networks(self):
        onnx, torch_engine = load_engine("onnx"), TorchEngine(device="cpu")
        seen = onnx.run("image2sphere", {"image": chair_picture(onnx.config.image_size)})
        maps = {key: seen[key] for key in seen if key.startswith("features")}
        spheres = np.concatenate([seen["centers"], seen["radii"][..., None]], 2)
        inputs = example_inputs(onnx.config, spheres.shape[1])
        inputs["image2sphere"] = {"image": chair_picture(onnx.config.image_size)}
        inputs["refinement"] |= {"centers": seen["centers"]}
        inputs["topology"]["spheres"] = spheres[0]
        inputs["smoothing"] |= {**maps, "spheres": spheres, "before": spheres}
        for name, given in inputs.items():
            first, second = onnx.run(name, given), torch_engine.run(name, given)
            for key in first:
                np.testing.assert_allclose(first[key], second[key], atol=TOLERANCE, err_msg=key)

    def test_no_file_is_over_25_megabytes(self):
        assert max(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 25e6
