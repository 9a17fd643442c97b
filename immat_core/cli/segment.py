"""``immat segment``: the parts of a medial mesh, and its surface in parts."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from immat_core.cli.outputs import VOXEL, check_voxel, checked_output
from immat_core.cli.report import GOOD, Report, count_simplices, say

HELP = "parts of a medial mesh, as face colors or groups"
FORMATS = ("ply", "obj", "glb", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("mat", metavar="IN.ma", type=Path, help=".ma, or .ply or .glb with a medial mesh")
    add("-o", "--output", required=True, metavar="OUT", help=", ".join(FORMATS))
    add("--voxel", type=float, default=VOXEL, metavar="H", help="resolution (default: 1/128)")
    add(
        "--curve-faces",
        type=int,
        default=2,
        metavar="K",
        help="spheres of more faces lie on a sheet (default: 2)",
    )
    add(
        "--smallest",
        type=int,
        default=3,
        metavar="N",
        help="parts of fewer spheres fall to the one beside (default: 3)",
    )
    add("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """``immat segment``."""
    from immat_core.mat_exchange import read_mat
    from immat_core.part_file import part_mesh, write_parts
    from immat_core.segmentation import SegmentationSettings, segment_spheres
    from immat_core.surface import build_surface
    from immat_core.surface.checks import check_surface

    check_voxel(arguments.voxel)
    output = checked_output(arguments.output, FORMATS, [arguments.mat])
    report = Report(arguments.mat, output)
    with report.timed("load"):
        mat = read_mat(arguments.mat)
    count_simplices(report, mat)
    settings = SegmentationSettings(arguments.curve_faces, smallest=arguments.smallest)
    with report.timed("segment"):
        segmentation = segment_spheres(mat, settings)
    with report.timed("surface"):
        surface = build_surface(mat, arguments.voxel)
    with report.timed("segment"):
        parts = part_mesh(mat, segmentation, surface)
    with report.timed("write"):
        write_parts(output, parts)
    report.extra["parts"] = parts.summary()
    if arguments.json:
        report.extra["mesh"] = asdict(check_surface(surface))
        say(report.line(True), sys.stdout)
    else:
        say(f"{report.line(False)}, {segmentation.count} parts", sys.stdout)
    return GOOD
