"""Imports of optional packages, with a message a person can act on."""

from __future__ import annotations

import importlib
import logging
from types import ModuleType

from fsmv2.errors import FlowError
from fsmv2.host.install_command import install_command


def industrial(module: str) -> ModuleType:
    """A module of the `industrial` extra; FlowError tells how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise FlowError(
            f"the Python package for {module.partition('.')[0]} is not installed.",
            fix=f"Run: {install_command('industrial')}",
        ) from error


def silence(*loggers: str) -> None:
    """Keep a library from printing what is reported as a reason anyway."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
