"""Which pixels of a photograph belong to its object: a small U-Net (Ronneberger et al. 2015)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (24, 48, 96, 128, 128)


class _Layer(nn.Module):
    """A 3x3 convolution, normalized, and ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        return functional.relu(self.norm(self.convolution(x)))


class ForegroundNetwork(nn.Module):
    """Logits of a pixel being the object's, at half of the picture's resolution.

    On the way down each scale halves; the coarsest is told the mean of the whole picture, for
    what the object is hangs on what else there is.
    """

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, *CHANNELS)
        self.down = nn.ModuleList(
            nn.Sequential(_Layer(sizes[k], sizes[k + 1], 2), *self._again(sizes[k + 1], k))
            for k in range(len(CHANNELS))
        )
        self.whole = nn.Linear(CHANNELS[-1], CHANNELS[-1])
        self.up = nn.ModuleList(
            _Layer(below + beside, beside)
            for below, beside in zip(CHANNELS[:0:-1], CHANNELS[-2::-1], strict=True)
        )
        self.leave = nn.Conv2d(CHANNELS[0], 1, 1)

    @staticmethod
    def _again(channels: int, scale: int) -> tuple[nn.Module, ...]:
        return (_Layer(channels, channels),) if scale else ()

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, S, S), sRGB in 0..1, S a multiple of 32 -> (B, S / 2, S / 2) float32 logits."""
        x, maps = 2 * image - 1, []
        for layer in self.down:
            x = layer(x)
            maps.append(x)
        x = x + self.whole(torch.mean(x, (2, 3)))[:, :, None, None]
        for layer, beside in zip(self.up, maps[-2::-1], strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = layer(torch.cat([x, beside], 1))
        logits: Tensor = self.leave(x)[:, 0].float()
        return logits
