"""What the later stages learn from is what the product gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from immat_core import mirror
from immat_core.networks.build import Served, build_networks
from immat_core.networks.config import OUTPUTS, NetworkConfig
from immat_core.pose_head import both_ways
from training.second_opinion import look_both_ways


class Engine:
    """Runs one network on arrays, as the product's engines do."""

    def __init__(self, network: Any, config: NetworkConfig) -> None:
        self.config = config
        self._served = Served("image2sphere", network).eval()

    def run(self, network: str, inputs: dict[str, Any]) -> dict[str, Any]:
        with torch.inference_mode():
            outputs = self._served(torch.from_numpy(inputs["image"]))
        return dict(zip(OUTPUTS[network], (o.numpy() for o in outputs), strict=True))


def test_a_batch_is_looked_at_as_the_product_looks_at_one_picture() -> None:
    config = NetworkConfig(image_size=32, width=0.25, spheres=64, dense=256, azimuth_bins=12)
    torch.manual_seed(3)
    network = build_networks(config)["image2sphere"].eval()
    images = torch.rand(3, 4, 32, 32)
    found = look_both_ways(network, images)
    engine = Engine(network, config)
    for k, image in enumerate(images.numpy()):
        one = mirror.look_both_ways(engine, image[None])
        np.testing.assert_allclose(found.centers[k], one["centers"][0], atol=1e-5)
        both = engine.run("image2sphere", {"image": mirror.mirror(image[None])})
        pose = both_ways(one["pose"], both["pose"])
        np.testing.assert_allclose(found.pose[k], pose, atol=1e-4)
        np.testing.assert_allclose(found.radii[k], one["radii"][0], atol=1e-6)
        np.testing.assert_allclose(found.dense[k], one["dense"][0], atol=1e-5)
    assert not found.centers.requires_grad
