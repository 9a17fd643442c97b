"""The mean of the weights of runs that began alike, ``python -m training.average``.

Runs that go on from the same weights with other pictures end near each other, and between them lies
a network that errs less on what none of them has seen (Wortsman et al. 2022, "Model soups"). Two
processes that never wait for each other use two cores as well as two that share every step.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from immat_core.errors import UserError
from immat_core.networks.config import NETWORKS
from training.callbacks import save_tensors


def average(runs: Sequence[Path], network: str, out: Path) -> None:
    """Write the mean of a network's weights in several runs into the run ``out``.

    Raises
    ------
    UserError
        When a run has no such weights, or those of another size.
    """
    found = []
    for run in runs:
        path = run / f"{network}.pt"
        if not path.is_file():
            raise UserError(f"{run} has no trained {network}", f"train --stage {network} first")
        found.append(torch.load(path, map_location="cpu", weights_only=True))
    if len({tuple((key, value.shape) for key, value in one.items()) for one in found}) != 1:
        raise UserError(f"the runs' {network} differ in size", "Name runs of one config")
    mean = {key: _mean([one[key] for one in found]) for key in found[0]}
    out.mkdir(parents=True, exist_ok=True)
    save_tensors(mean, out / f"{network}.pt")


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    """Of numbers; what is counted is the first's."""
    first = tensors[0]
    return torch.stack(list(tensors)).mean(0) if first.is_floating_point() else first


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when all went well, 2 for missing or unlike weights."""
    parser = argparse.ArgumentParser(prog="python -m training.average", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of the runs")
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run to write to")
    options = parser.parse_args(arguments)
    try:
        average(options.runs, options.network, options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
