"""The command line: ``immat COMMAND ...`` (also ``python -m immat_core``), one module a command.

Exit codes: 0 good, 2 wrong use or unreadable input (one line on stderr), 130 interrupted, 1 a bug.
What a command needs is imported when it runs, so that ``immat --help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from immat_core.cli import fit, metrics, predict, segment, surface
from immat_core.cli.report import GOOD, INTERRUPTED, WRONG, say
from immat_core.errors import UserError

if TYPE_CHECKING:
    from immat_core.engine import Engine

COMMANDS: dict[str, Any] = {
    "predict": predict,
    "fit": fit,
    "surface": surface,
    "segment": segment,
    "metrics": metrics,
}
"""Modules with ``HELP``, ``add_arguments(parser)`` and ``run(arguments) -> exit code``."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(argv: Sequence[str] | None = None, *, engine: Engine | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; None takes the process's own.
    engine
        Runs the networks; None opens the one that the arguments name.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        if arguments.command == "predict":
            return predict.run(arguments, engine)
        code: int = COMMANDS[arguments.command].run(arguments)
        return code
    except UserError as error:
        say(f"immat {arguments.command}: {error}", sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        say(f"immat {arguments.command}: interrupted", sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="immat", description="One picture becomes an editable medial mesh and its surface."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP))
    return parser
