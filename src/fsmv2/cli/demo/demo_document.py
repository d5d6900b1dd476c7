"""The document the demo runs: kept where its user can read and change it."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from pathlib import Path

PACKAGED = "demo.yaml"
_PORT = re.compile(r"(?<=PORT: )\d+")


def packaged() -> str:
    """The document as it is shipped; usable as it stands when its ports are free."""
    return (importlib.resources.files("fsmv2.cli") / PACKAGED).read_text(encoding="utf-8")


def with_ports(text: str, ports: Sequence[int]) -> str:
    """The document with its first variables `PORT` set to `ports`, in order."""
    left = iter(ports)
    return _PORT.sub(lambda found: str(next(left, found[0])), text)


def place(directory: Path, ports: Sequence[int]) -> tuple[Path, bool]:
    """Write the document with these ports; returns its file, and whether its user changed it.

    A document that is there already is kept but for the ports: what somebody changed to try it out
    must not be undone by the next start. Raises OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / PACKAGED
    original = with_ports(packaged(), ports)
    text = with_ports(file.read_text(encoding="utf-8"), ports) if file.exists() else original
    file.write_text(text, encoding="utf-8")
    return file, text != original
