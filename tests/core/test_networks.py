"""The networks: sizes, sane untrained output, gradients, and what each must not depend on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy.spatial import Delaunay

from immat_core.networks import build_networks
from immat_core.networks.config import NETWORKS, NetworkConfig
from immat_core.networks.encoder import Encoder, global_feature
from immat_core.networks.image2sphere import radii_from_logits
from immat_core.networks.point_groups import NEVER
from immat_core.networks.refinement import LOOKED, look_around, pool_pixels
from immat_core.networks.topology import measure

SMALL = NetworkConfig(image_size=64, width=0.125, spheres=20, dense=50, hidden=32)
SWITCHED = replace(SMALL, global_cells=2, dense_rank=5, azimuth_bins=12)


def networks(config=SMALL, seed=0):
    torch.manual_seed(seed)
    return {name: network.eval() for name, network in build_networks(config).items()}


def stir(network):
    """Give every weight a value, those that start at zero included."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def random_maps(config, batch=1):
    pairs = zip(config.channels, config.map_sizes, strict=True)
    return [torch.rand(batch, channels, side, side) for channels, side in pairs]


def random_groups(n, k=8, d=64):
    """Spheres, and for each the indices of k others and d positions around it."""
    spheres = torch.rand(n, 4) * torch.tensor([1.0, 1.0, 1.0, 0.05])
    apart = torch.cdist(spheres[:, :3], spheres[:, :3])
    sparse = apart.topk(k + 1, largest=False).indices[:, 1:]
    return spheres, sparse, spheres[:, None, :3] + 0.1 * torch.randn(n, d, 3)


def test_config_survives_json_and_refuses_unknown_fields():
    config = NetworkConfig(width=0.5, categories=("chair", "boat"), face_threshold=0.25)
    assert NetworkConfig.from_json(config.to_json()) == config
    with pytest.raises(ValueError, match="unknown fields: colour"):
        NetworkConfig.from_json('{"colour": 1}')
    with pytest.raises(ValueError, match="JSON object"):
        NetworkConfig.from_json("[]")


def test_config_and_engine_import_without_torch():
    code = (
        "import sys; import immat_core.networks, immat_core.engine; "
        "assert not {'torch', 'onnxruntime', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name_in_the_package_is_an_attribute_error():
    import immat_core.networks

    with pytest.raises(AttributeError, match="no attribute 'Image2Cube'"):
        _ = immat_core.networks.Image2Cube


def test_paper_size_is_resnet18_and_shapes_are_the_papers():
    config = NetworkConfig()
    built = networks(config)
    assert tuple(built) == NETWORKS
    # ResNet18 without its classifier has 11,176,512 weights; the alpha channel adds 64 x 7 x 7.
    encoder = built["image2sphere"].encoder
    assert sum(p.numel() for p in encoder.parameters()) == 11_176_512 + 64 * 49
    with torch.no_grad():
        out = built["image2sphere"](torch.rand(2, 4, 224, 224))
    shapes = [tuple(tensor.shape) for tensor in out]
    heads = [(2, 256, 3), (2, 256), (2, 2048, 3), (2, 38), (2, 4)]
    maps = [(2, 64, 56, 56), (2, 128, 28, 28), (2, 256, 14, 14), (2, 512, 7, 7)]
    assert shapes == heads + maps


@pytest.mark.parametrize("size", [32, 64, 95, 96, 97, 137, 224])
def test_map_sizes_are_those_of_the_encoder(size):
    config = NetworkConfig(image_size=size, width=0.125)
    maps = Encoder(config)(torch.rand(2, 4, size, size))
    assert tuple(m.shape[2] for m in maps) == config.map_sizes
    assert tuple(m.shape[1] for m in maps) == config.channels


def test_untrained_networks_predict_sane_and_distinct_spheres():
    config = NetworkConfig(image_size=64, width=0.5)
    built = networks(config)
    with torch.no_grad():
        image = torch.rand(1, 4, 64, 64)
        out = built["image2sphere"](image)
        seen = out.centers, out.centers[..., :2], torch.eye(3)[None], out.radii
        refined, radii = built["refinement"](image, *seen)
    for centers, sizes in ((out.centers, out.radii), (refined, radii)):
        assert centers.abs().max() < 0.35
        assert torch.all((sizes > 0.015) & (sizes < 0.04))
        assert torch.pdist(centers[0]).min() > 1e-4
    assert torch.pdist(out.dense[0]).min() > 0
    assert out.pose[0, -1].item() == pytest.approx(2.0, abs=0.2)


def test_global_feature_keeps_where_something_is_in_a_grid():
    for side, cells in ((2, 2), (4, 2), (7, 2), (4, 1), (7, 3)):
        last = torch.rand(3, 5, side, side)
        found = global_feature([last], cells)
        wanted = torch.nn.functional.adaptive_avg_pool2d(last, cells)
        wanted = wanted.permute(0, 2, 3, 1).flatten(1)
        torch.testing.assert_close(found, wanted)


def test_radii_are_positive_and_bounded_for_any_logit():
    logits = torch.tensor([-1e30, -5.0, 0.0, 5.0, 1e30])
    radii = radii_from_logits(logits)
    assert torch.all(radii[1:] >= radii[:-1])
    assert 0.001 < radii[0] < radii[-1] < 0.62
    assert radii_from_logits(logits.bfloat16()).dtype == torch.float32


def loss_of(name, network, config=SMALL):
    """A sum to which every output of a network contributes by random weights."""
    maps, n = (torch.rand(2, 4, 64, 64), *random_maps(config, 2)), 20
    axes = torch.linalg.qr(torch.rand(2, 3, 3))[0]
    if name == "image2sphere":
        outputs = network(torch.rand(3, 4, 64, 64))
    elif name == "camera":
        outputs = [network(torch.rand(3, 4, 64, 64))]
    elif name == "refinement":
        radii = torch.rand(2, n) + 0.1
        outputs = network(maps[0], torch.rand(2, n, 3), torch.rand(2, n, 2), axes, radii)
    elif name == "topology":
        outputs = network(*random_groups(n))
    else:
        adjacency = torch.rand(2, n, n) / n
        outputs = (network(*maps, *torch.rand(2, 2, n, 4), torch.rand(2, n, 2), axes, adjacency),)
    return sum((output * torch.randn_like(output)).sum() for output in outputs)


@pytest.mark.parametrize("config", [SMALL, SWITCHED], ids=["plain", "switched"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_receives_a_gradient(name, config):
    network = stir(networks(config)[name]).train()
    loss_of(name, network, config).backward()
    gradients = {key: parameter.grad for key, parameter in network.named_parameters()}
    assert [key for key, g in gradients.items() if g is None or not g.abs().max() > 0] == []


def test_pixels_are_read_in_the_cameras_coordinates():
    side = 8
    middle = (torch.arange(side) + 0.5) / side * 2 - 1
    u = middle[None, None, None, :].expand(1, 1, side, side)
    v = middle[None, None, :, None].expand(1, 1, side, side)
    uv = torch.tensor([[[0.0, 0.0], [0.5, -0.75], [-0.3, 0.8], [5.0, -5.0]]])
    read = pool_pixels((torch.cat([u, v], 1),), uv)
    rim = 1 - 1 / side  # beyond the outermost cell's middle its value goes on
    expected = uv.clamp(-rim, rim)
    torch.testing.assert_close(read[..., :2], expected)
    assert torch.equal(read[..., 2:], uv)


def random_axes():
    return torch.linalg.qr(torch.rand(1, 3, 3))[0]


def test_a_picture_is_looked_at_on_circles_and_is_empty_beyond_its_rim():
    image = torch.zeros(1, 4, 64, 64)
    image[0, 3, :, 32:] = 1  # the right half is the object
    seen = look_around(image, torch.tensor([[[0.02, 0.0], [0.9, 0.9], [3.0, 0.0]]]))
    alpha = seen.reshape(3, -1, 4)[..., 3]
    assert seen.shape == (1, 3, LOOKED)
    assert alpha[0, 0] > 0.5  # the point itself, then the circle: right, ..., left
    assert alpha[0, 1 + 16 : 1 + 24].tolist()[0] == 1
    assert alpha[0, 1 + 16 + 4] == 0
    assert alpha[1, 0] == 1
    assert alpha[1, 1 + 16] == 0
    assert torch.all(alpha[2] == 0)


@pytest.mark.parametrize("name", ["refinement", "smoothing"])
def test_what_moves_spheres_moves_them_along_the_cameras_axes(name):
    network = stir(networks()[name])
    maps, image, uv = random_maps(SMALL), torch.rand(1, 4, 64, 64), torch.rand(1, 20, 2)
    centers, radii, linked = torch.rand(1, 20, 3), torch.rand(1, 20) + 0.1, torch.eye(20)[None]
    # Without the centers in the object's frame the networks know nothing but the camera's.
    known, last = (network.graph.enter, 4) if name == "smoothing" else (network.offset.enter, 3)
    with torch.no_grad():
        for part in (known.own, known.neighbors):
            if part is not None:
                part.weight[:, -last:] = 0

    def moves(centers, axes):
        with torch.no_grad():
            if name == "refinement":
                return network(image, centers, uv, axes, radii)[0] - centers
            spheres = torch.cat([centers, radii[..., None]], 2)
            lost = 0.02 * radii[..., None].expand(1, 20, 3)
            before = spheres + torch.cat([lost @ axes[0], lost[..., :1]], 2)
            return network(image, *maps, spheres, before, uv, axes, linked)[..., :3]

    axes, turn = random_axes(), random_axes()
    torch.testing.assert_close(
        moves(centers @ turn, axes @ turn), moves(centers, axes) @ turn, rtol=1e-3, atol=1e-5
    )


def refinement_inputs():
    """A picture and twenty spheres as the refinement is given them."""
    seen = torch.rand(1, 20, 3), torch.rand(1, 20, 2), random_axes(), torch.rand(1, 20) + 0.001
    return torch.rand(1, 4, 64, 64), *seen


def test_refinement_takes_spheres_in_any_order_and_tells_each_of_the_others():
    network, order = stir(networks()["refinement"]).eval(), torch.randperm(20)
    image, centers, uv, axes, radii = refinement_inputs()
    with torch.no_grad():
        found = network(image, centers, uv, axes, radii)
        mixed = network(image, centers[:, order], uv[:, order], axes, radii[:, order])
        some = network(image, centers[:, :9], uv[:, :9], axes, radii[:, :9])
    torch.testing.assert_close(tuple(one[:, order] for one in found), tuple(mixed))
    assert (some[0] - found[0][:, :9]).abs().max() > 1e-4


def test_refinement_starts_from_the_radii_that_it_is_given():
    network, (image, centers, uv, axes, radii) = networks()["refinement"], refinement_inputs()
    with torch.no_grad():
        _, untrained = network(image, centers, uv, axes, radii)
        _, stirred = stir(network)(image, 9 * centers, uv, axes, radii)
    torch.testing.assert_close(untrained, radii, rtol=0.1, atol=0)
    assert torch.all((stirred > 0.2 * radii) & (stirred < 5 * radii))


def test_a_thin_dense_head_starts_as_spread_as_a_full_one():
    sizes = replace(SMALL, dense=2048, hidden=512)
    full, thin = (networks(replace(sizes, dense_rank=rank))["image2sphere"] for rank in (0, 128))
    with torch.no_grad():
        clouds = [network(torch.rand(1, 4, 64, 64)).dense[0] for network in (full, thin)]
    spreads = [cloud.std(0).mean().item() for cloud in clouds]
    assert spreads[1] == pytest.approx(spreads[0], rel=0.05)
    weights = [sum(p.numel() for p in network.dense.parameters()) for network in (full, thin)]
    assert weights[1] < 0.4 * weights[0]


def test_untrained_mat_refinement_moves_nothing():
    maps, spheres, axes = random_maps(SMALL), torch.rand(1, 20, 4), random_axes()
    seen, linked = torch.rand(1, 4, 64, 64), torch.rand(1, 20, 20)
    given = (seen, *maps, spheres, 2 * spheres, spheres[..., :2], axes, linked)
    assert torch.equal(networks()["smoothing"](*given), torch.zeros(1, 20, 4))


def test_mat_refinement_follows_the_topology():
    network = stir(networks()["smoothing"])
    maps, spheres, uv = random_maps(SMALL), torch.rand(1, 20, 4), torch.rand(1, 20, 2)
    image, axes = torch.rand(1, 4, 64, 64), random_axes()
    adjacency = torch.zeros(1, 20, 20)
    adjacency[0, 0, 1] = adjacency[0, 1, 0] = 1.0
    other = spheres.clone()
    other[0, 1] += 0.3
    order = torch.randperm(20)
    mixed, turned = spheres[:, order], adjacency[:, order][:, :, order]
    with torch.no_grad():
        moved = network(image, *maps, spheres, spheres, uv, axes, adjacency)
        moved_other = network(image, *maps, other, other, uv, axes, adjacency)
        rough = network(image, *maps, spheres, 1.01 * spheres, uv, axes, adjacency)
        shuffled = network(image, *maps, mixed, mixed, uv[:, order], axes, turned)
    assert (moved[0, 0] - moved_other[0, 0]).abs().max() > 1e-5
    assert (moved - rough).abs().max() > 1e-5
    torch.testing.assert_close(moved[0, 2:], moved_other[0, 2:])
    torch.testing.assert_close(shuffled, moved[:, order])


def topology_logits(*inputs):
    with torch.no_grad():
        return stir(networks()["topology"])(*inputs)


def test_topology_is_the_same_wherever_the_shape_stands():
    spheres, sparse, dense = random_groups(30)
    move = torch.tensor([3.0, -2.0, 1.0])
    moved = torch.cat([spheres[:, :3] + move, spheres[:, 3:]], 1)
    for one, two in zip(
        topology_logits(spheres, sparse, dense),
        topology_logits(moved, sparse, dense + move),
        strict=True,
    ):
        torch.testing.assert_close(one, two, atol=1e-3, rtol=1e-3)


def test_topology_answers_each_neighbor_in_any_order():
    spheres, sparse, dense = random_groups(30)
    order, dense_order = torch.randperm(8), torch.randperm(64)
    edges, faces = topology_logits(spheres, sparse, dense)
    edges_2, faces_2 = topology_logits(spheres, sparse[:, order], dense[:, dense_order])
    torch.testing.assert_close(edges_2, edges[:, order])
    torch.testing.assert_close(faces_2, faces[:, order][:, :, order])


def test_topology_of_concatenated_shapes_is_that_of_each():
    one, two = random_groups(30), random_groups(17)
    joined = topology_logits(
        torch.cat([one[0], two[0]]),
        torch.cat([one[1], two[1] + 30]),
        torch.cat([one[2], two[2]]),
    )
    first, second = topology_logits(*one), topology_logits(*two)
    for i in range(2):
        torch.testing.assert_close(joined[i], torch.cat([first[i], second[i]]))


def test_faces_are_symmetric_and_nothing_names_a_sphere_twice():
    spheres, sparse, dense = random_groups(30)
    sparse[3, 7] = 3  # filled up with the sphere itself
    sparse[4, 6] = sparse[4, 5]  # and with a neighbor again
    edges, faces = topology_logits(spheres, sparse, dense)
    assert torch.equal(faces, faces.transpose(1, 2))
    never = np.zeros((30, 8, 8), bool)
    never[:, range(8), range(8)] = True
    never[3, 7, :] = never[3, :, 7] = True
    never[4, 6, 5] = never[4, 5, 6] = True
    assert torch.equal(faces == NEVER, torch.from_numpy(never))
    assert (edges == NEVER).nonzero().tolist() == [[3, 7]]


@pytest.mark.parametrize("k", [1, 3, 8])
def test_topology_takes_any_number_of_neighbors_even_coinciding(k):
    spheres = torch.zeros(10, 4)
    sparse = (torch.arange(10)[:, None] + torch.arange(1, k + 1)) % 10
    edges, faces = topology_logits(spheres, sparse, torch.zeros(10, 5, 3))
    assert edges.shape == (10, k)
    assert faces.shape == (10, k, k)
    assert torch.isfinite(edges).all()
    assert torch.isfinite(faces).all()


def test_faces_of_some_spheres_are_those_among_all():
    groups, rows = random_groups(30), torch.tensor([3, 17, 29])
    edges, faces = topology_logits(*groups)
    edges_2, faces_2 = topology_logits(*groups, rows)
    torch.testing.assert_close(edges_2, edges)
    torch.testing.assert_close(faces_2, faces[rows])


def sheet_groups(side=9, k=12, d=64):
    """A square grid on a plane, sampled densely, as the topology network sees it."""
    torch.manual_seed(3)
    i, j = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    centers = 0.05 * torch.stack([i.flatten(), j.flatten(), 0 * i.flatten()], 1)
    centers[:, :2] += 0.004 * torch.randn(side * side, 2)
    apart = torch.cdist(centers, centers)
    sparse = apart.topk(k + 1, largest=False).indices[:, 1:]
    x = torch.linspace(-0.02, 0.05 * side - 0.03, 60)
    u, v = torch.meshgrid(x, x, indexing="ij")
    dense = torch.stack([u.flatten(), v.flatten(), 0 * u.flatten()], 1)
    near = torch.cdist(centers, dense).topk(d, largest=False).indices
    return centers, sparse, dense[near]


def test_evidence_on_a_sheet_tells_a_triangulation():
    centers, sparse, dense = sheet_groups()
    relative = centers[sparse] - centers[:, None]
    others = torch.cat([centers[sparse], torch.full((*sparse.shape, 1), 0.01)], 2)
    mean = relative.norm(dim=2).mean(1)[:, None, None]
    evidence = measure(
        others,
        relative,
        dense - centers[:, None],
        mean,
        sparse == torch.arange(81)[:, None],
        sparse[:, :, None] == sparse[:, None, :],
    )
    delaunay = {tuple(sorted(t)) for t in Delaunay(centers[:, :2].numpy()).simplices.tolist()}
    right = torch.zeros(81, 12, 12, dtype=torch.bool)
    for n, row in enumerate(sparse.tolist()):
        for a, one in enumerate(row):
            for b, other in enumerate(row):
                right[n, a, b] = tuple(sorted((n, one, other))) in delaunay
    inner = ((centers[:, :2] > 0.08) & (centers[:, :2] < 0.32)).all(1)
    inner = inner[:, None, None] & ~torch.eye(12, dtype=torch.bool)
    # Behind the witnesses stand, for space and for the tangent plane, emptiness and slimness.
    assert ((evidence.faces[..., 2] > 0) == right)[inner].all()
    # The tangent plane is known from samples, which spread no more evenly than they do.
    assert ((evidence.faces[..., 4] > 0) == right)[inner].float().mean() > 0.97
    seen = evidence.faces[..., 1]
    assert seen[inner & right].mean() > seen[inner & ~right].mean() + 2
