"""Networks on local picture features: sphere refinement and MAT refinement (sections 3.1, 3.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig
from immat_core.networks.encoder import Encoder
from immat_core.networks.image2sphere import TYPICAL_RADIUS

HIDDEN = 192
"""Width of the graph convolutions, Pixel2Mesh's."""
HEADS, HEAD = 4, 16
"""Heads of an attention, and the width of one."""
DIRECTIONS, REACHES = 8, (0.03, 0.08, 0.16)
"""Where the picture is read around a point: on circles of these radii, a picture being 2 wide."""
LOOKED = 4 * (1 + DIRECTIONS * len(REACHES))
_LEVELLED = 20.0
"""What Eq. (4) takes away is small, a hundredth of the diagonal; the network sees it enlarged."""
LARGEST_CHANGE = 1.5
"""A given radius is refined to between exp(-1.5) and exp(1.5) times itself: 0.22 to 4.5."""


def pool_pixels(maps: tuple[Tensor, ...], uv: Tensor) -> Tensor:
    """Read all feature maps bilinearly where the points project to (Pixel2Mesh, section 3.4).

    Parameters
    ----------
    maps
        (B, C, H, W) each; a map covers the picture whatever its size.
    uv
        (B, N, 2) picture coordinates in -1..1; beyond the picture its rim is read.

    Returns
    -------
    Tensor
        (B, N, sum of C + 2), the features and then ``uv``.
    """
    grid = uv[:, :, None, :]
    read = [
        functional.grid_sample(
            m.to(uv.dtype), grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        .squeeze(3)
        .transpose(1, 2)
        for m in maps
    ]
    return torch.cat([*read, uv], 2)


def look_around(image: Tensor, uv: Tensor) -> Tensor:
    """The picture itself at and around the points: finer than any map, and it has the outline.

    Parameters
    ----------
    image
        (B, 4, S, S), Image2Sphere's input.
    uv
        (B, N, 2) picture coordinates; beyond the picture nothing is seen.

    Returns
    -------
    Tensor
        (B, N, 4 * 25): at the point, then on circles around it, as parts of the picture.
    """
    angles = torch.arange(DIRECTIONS, device=uv.device, dtype=uv.dtype) * (
        2 * torch.pi / DIRECTIONS
    )
    circle = torch.stack([torch.cos(angles), torch.sin(angles)], 1)
    steps = torch.cat([circle.new_zeros(1, 2), *(reach * circle for reach in REACHES)])
    grid = uv[:, :, None, :] + steps
    seen = functional.grid_sample(image.to(uv.dtype), grid, mode="bilinear", align_corners=False)
    return seen.permute(0, 2, 3, 1).flatten(2)


class GraphConvolution(nn.Module):
    """x W0 + A x W1 + b. With the identity for A the two weights are one, and only W0 is kept."""

    def __init__(self, inputs: int, outputs: int, *, connected: bool) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, outputs)
        self.neighbors = nn.Linear(inputs, outputs, bias=False) if connected else None

    def forward(self, x: Tensor, adjacency: Tensor | None) -> Tensor:
        """(B, N, inputs), (B, N, N) row-normalized or None for the identity -> (B, N, outputs)."""
        y: Tensor = self.own(x)
        if self.neighbors is None or adjacency is None:
            return y
        return y + torch.matmul(adjacency, self.neighbors(x))


class GraphResidual(nn.Module):
    """Two graph convolutions; the result is averaged with what came in, as in Pixel2Mesh."""

    def __init__(self, size: int, *, connected: bool) -> None:
        super().__init__()
        self.first = GraphConvolution(size, size, connected=connected)
        self.second = GraphConvolution(size, size, connected=connected)

    def forward(self, x: Tensor, adjacency: Tensor | None) -> Tensor:
        """(B, N, size) -> (B, N, size)."""
        y = functional.relu(self.first(x, adjacency))
        return 0.5 * (x + functional.relu(self.second(y, adjacency)))


class Attention(nn.Module):
    """What a sphere learns from all others: self-attention, of nothing until it is trained.

    A leg that is hidden is told by the one that is seen.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.ask = nn.Linear(size, 3 * HEADS * HEAD)
        self.answer = nn.Linear(HEADS * HEAD, size, bias=False)
        nn.init.zeros_(self.answer.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, size) -> (B, N, size), to be added."""
        asked = self.ask(self.norm(x)).unflatten(2, (3, HEADS, HEAD)).permute(2, 0, 3, 1, 4)
        query, key, value = asked[0], asked[1], asked[2]
        heard = functional.scaled_dot_product_attention(query, key, value)
        told: Tensor = self.answer(heard.transpose(1, 2).flatten(2))
        return told


class GraphNetwork(nn.Module):
    """A graph convolution in, residual blocks, a graph convolution out.

    ``attentive``: every sphere attends to all others before every second block.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        blocks: int,
        spread: float,
        *,
        connected: bool,
        attentive: bool = False,
    ) -> None:
        super().__init__()
        self.enter = GraphConvolution(inputs, HIDDEN, connected=connected)
        self.blocks = nn.ModuleList(
            GraphResidual(HIDDEN, connected=connected) for _ in range(blocks)
        )
        self.attention = nn.ModuleList(
            Attention(HIDDEN) for _ in range(blocks // 2 if attentive else 0)
        )
        self.leave = GraphConvolution(HIDDEN, outputs, connected=connected)
        with torch.no_grad():
            for parameter in self.leave.parameters():
                parameter.mul_(spread)

    def forward(self, x: Tensor, adjacency: Tensor | None = None) -> Tensor:
        """(B, N, inputs) -> (B, N, outputs) float32."""
        y = functional.relu(self.enter(x, adjacency))
        for number, block in enumerate(self.blocks):
            if self.attention and number % 2 == 0:
                y = y + self.attention[number // 2](y)
            y = block(y, adjacency)
        left: Tensor = self.leave(y, adjacency)
        return left.float()


class SphereRefinement(nn.Module):
    """Refined centers and radii from the picture at the spheres' projections (Fig. 16).

    No edge is known yet, so the graph is the identity; the spheres hear of each other by
    attention. What a picture tells is how far right or down a sphere should be, so it is told the
    camera's axes and moves along them. The paper's guesses radii anew, from pixels that say little
    about thickness, and thinner than they are; ours sees and corrects the initial ones. Its
    encoder is its own, and learns what the positions of spheres need.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        inputs = sum(config.channels) + LOOKED + 2 + 3 + 3 + 1
        self.offset = GraphNetwork(inputs, 3, 4, 0.1, connected=False, attentive=True)
        self.radii = GraphNetwork(inputs, 1, 2, 0.1, connected=False)

    def forward(
        self,
        image: Tensor,
        centers: Tensor,
        uv: Tensor,
        axes: Tensor,
        radii: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Refine spheres, of any number.

        Parameters
        ----------
        image
            (B, 4, S, S), Image2Sphere's input.
        centers
            (B, N, 3), the initial centers, N >= 1.
        uv
            (B, N, 2), where they project to, in -1..1.
        axes
            (B, 3, 3), rows: the picture's right, its down and the view direction.
        radii
            (B, N), the initial radii, above zero.

        Returns
        -------
        tuple
            (B, N, 3) refined centers and (B, N) radii above zero. The radii are read at the
            same ``uv``, so the camera is needed only once.
        """
        read = pool_pixels(tuple(self.encoder(image)), uv)
        size = torch.log(radii.float() / TYPICAL_RADIUS)[..., None]
        pixels = torch.cat([read, look_around(image, uv), size], 2)
        local = torch.matmul(centers, axes.transpose(1, 2))
        moved = self.offset(torch.cat([pixels, local, centers], 2))
        refined = centers + torch.matmul(moved, axes)
        logits = self.radii(torch.cat([pixels, local + moved, refined], 2)).squeeze(2)
        change = LARGEST_CHANGE * torch.tanh(logits / LARGEST_CHANGE)
        return refined, radii.float() * torch.exp(change)


class MatRefinement(nn.Module):
    """Displacement of smoothed spheres on the predicted topology (section 3.3).

    What Eq. (4) levels may be noise or a corner; the paper's network sees only what is left of it,
    ours also what was before. The last layer starts at zero: untrained, the smoothed spheres stay
    what they are.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        inputs = sum(config.channels) + LOOKED + 2 + 3 + 4 + 4
        self.graph = GraphNetwork(inputs, 4, 3, 0.0, connected=True)

    def forward(
        self,
        image: Tensor,
        features_0: Tensor,
        features_1: Tensor,
        features_2: Tensor,
        features_3: Tensor,
        spheres: Tensor,
        before: Tensor,
        uv: Tensor,
        axes: Tensor,
        adjacency: Tensor,
    ) -> Tensor:
        """Displace spheres, of any number.

        Parameters
        ----------
        image
            (B, 4, S, S), Image2Sphere's input.
        features_0, features_1, features_2, features_3
            (B, C, H, W), Image2Sphere's maps.
        spheres
            (B, N, 4), smoothed centers and radii, N >= 1.
        before
            (B, N, 4), the same spheres before Eq. (4).
        uv
            (B, N, 2), where the centers project to, in -1..1.
        axes
            (B, 3, 3), rows: the picture's right, its down and the view direction.
        adjacency
            (B, N, N); row i holds 1 / degree(i) at i's neighbors. A row may be all zero.

        Returns
        -------
        Tensor
            (B, N, 4), to be added to ``spheres``; the caller keeps the radii above zero.
        """
        read = pool_pixels((features_0, features_1, features_2, features_3), uv)
        local = torch.matmul(spheres[..., :3], axes.transpose(1, 2))
        lost = before - spheres
        along = torch.matmul(lost[..., :3], axes.transpose(1, 2))
        levelled = _LEVELLED * torch.cat([along, lost[..., 3:]], 2)
        seen = torch.cat([read, look_around(image, uv), local, levelled, spheres], 2)
        moved: Tensor = self.graph(seen, adjacency)
        return torch.cat([torch.matmul(moved[..., :3], axes), moved[..., 3:]], 2)
