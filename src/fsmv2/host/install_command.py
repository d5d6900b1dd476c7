"""The command that installs an extra, from where this fsmv2 was installed.

On a package index it would be `pip install 'fsmv2[industrial]'` for everyone. Until then, and for
those who install a clone or a wheel, only the installer's own note (PEP 610) knows where it is.
"""

from __future__ import annotations

import importlib.metadata
import json
import shlex
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


def install_command(extra: str) -> str:
    """What to enter in a shell to have `extra` in this environment."""
    source = _source()
    if source is None:
        return _pip(f"fsmv2[{extra}]")
    path = Path(urllib.request.url2pathname(urllib.parse.urlsplit(str(source.get("url"))).path))
    if not path.exists():
        return "make install, in a clone of fsmv2"
    editable = source.get("dir_info", {}).get("editable", False)
    return _pip(f"{path}[{extra}]", *(["--editable"] if editable else []))


def _source() -> dict[str, Any] | None:
    """What was installed, if it was not the name of a package on an index."""
    try:
        text = importlib.metadata.distribution("fsmv2").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    return dict(json.loads(text)) if text else None


def _pip(wanted: str, *options: str) -> str:
    return shlex.join([sys.executable, "-m", "pip", "install", *options, wanted])
