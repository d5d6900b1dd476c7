"""`python`: the Python that fsmv2 is installed in, for programs that import it."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported


def python(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARGUMENT...]", help="A program and its arguments, as of python."),
    ] = None,
) -> None:
    """Run a Python program that imports fsmv2, with the Python that fsmv2 is installed in.

    So a worker of your own or an example runs without an environment to make or to activate. What
    follows is passed on to Python as it stands; without anything, Python asks for input.

    $ fsmv2 python note.py
    $ fsmv2 python -m fsmv2.flow.inputs.modbus.simulator --port 15020
    """
    with reported():
        os.execv(sys.executable, [sys.executable, *(arguments or ())])  # noqa: S606  (that is its use)
