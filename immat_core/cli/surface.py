"""``immat surface``: the mesh of a medial mesh."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from immat_core.cli.outputs import (
    SURFACE_FORMATS,
    add_surface_arguments,
    check_surface_arguments,
    checked_output,
)
from immat_core.cli.report import GOOD, Report, count_simplices, say, write_output

HELP = "rebuild the surface of a medial mesh"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("mat", metavar="IN.ma", type=Path)
    add("-o", "--output", required=True, metavar="OUT", help=", ".join(SURFACE_FORMATS))
    add_surface_arguments(parser)
    add("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """``immat surface``."""
    from immat_core.ma_file import read_ma

    output = checked_output(arguments.output, SURFACE_FORMATS, [arguments.mat])
    check_surface_arguments(arguments, [output])
    report = Report(arguments.mat, output)
    with report.timed("load"):
        mat = read_ma(arguments.mat)
    count_simplices(report, mat)
    report.extra |= {"crisp": arguments.crisp, "target_faces": arguments.target_faces}
    write_output(
        report,
        mat,
        arguments.voxel,
        arguments.json,
        crisp=arguments.crisp,
        target_faces=arguments.target_faces,
    )
    say(report.line(arguments.json), sys.stdout)
    return GOOD
