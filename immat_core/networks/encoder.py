"""ResNet18 (He et al. 2016), with a width and four input channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where sizes change."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(inputs, outputs, 3, stride)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = _convolution(outputs, outputs, 3)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                _convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        y = functional.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        return functional.relu(y + self.shortcut(x))


class Encoder(nn.Module):
    """A picture to four feature maps."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        base = config.channels[0]
        self.stem = _convolution(4, base, 7, 2)
        self.stem_norm = nn.BatchNorm2d(base)
        self.pool = nn.MaxPool2d(3, 2, 1)
        widths = (base, *config.channels)
        self.layers = nn.ModuleList(
            nn.Sequential(
                ResidualBlock(widths[i], widths[i + 1], 1 if i == 0 else 2),
                ResidualBlock(widths[i + 1], widths[i + 1], 1),
            )
            for i in range(4)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, 4, S, S), premultiplied RGB and alpha in 0..1 -> the maps, fine to coarse."""
        x = self.pool(functional.relu(self.stem_norm(self.stem(image))))
        maps = []
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        return maps


def global_feature(maps: list[Tensor], cells: int = 1) -> Tensor:
    """(B, C cells^2) float32: means over the last map in a grid of ``cells`` a side.

    The cells of the grid overlap where the map's do not divide, as in adaptive pooling.
    """
    last = maps[-1].float()
    side = last.shape[-1]
    cuts = [slice(i * side // cells, -(-(i + 1) * side // cells)) for i in range(cells)]
    return torch.cat([torch.mean(last[:, :, v, u], (2, 3)) for v in cuts for u in cuts], 1)
