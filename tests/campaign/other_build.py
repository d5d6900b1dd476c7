"""Another build of fsmv2, as an upgrade brings one: a changed copy of this source.

It runs through PYTHONPATH. Nothing of it needs the history of the repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import fsmv2
from fsmv2.store import schema

SOURCE = Path(fsmv2.__file__).parent
VERSION = "9.0.0"
STORE_VERSION = schema.VERSION + 1

CHANGES: dict[str, dict[str, str]] = {
    "version.py": {r'__version__ = "': f'__version__ = "{VERSION}"  # "'},
    # A store that the older build refuses.
    "store/schema.py": {
        f"VERSION = {schema.VERSION}\n": f"VERSION = {STORE_VERSION}\n",
        "UPGRADES = {": f"UPGRADES = {{\n    {schema.VERSION}: "
        '("CREATE TABLE of_the_newer_build (text TEXT) STRICT",),',
    },
    # A core whose supervisors, and so the checkpoints in its journal, are not those of this one.
    "core/state/supervisor.py": {
        '("created_at", "incarnation")': '("created_at", "incarnation", "of_the_newer_build")',
        "self.incarnation = 1\n": "self.incarnation = 1\n        self.of_the_newer_build = ()\n",
    },
}
"""By file: what is replaced, once each."""


def newer_build(folder: Path) -> Path:
    """Make it in a folder; returns what PYTHONPATH has to be for it."""
    shutil.copytree(SOURCE, folder / "fsmv2", ignore=shutil.ignore_patterns("__pycache__"))
    for name, changes in CHANGES.items():
        file = folder / "fsmv2" / name
        text = file.read_text()
        for before, after in changes.items():
            assert text.count(before) == 1, f"{name} has not one {before!r}: change this test, too"
            text = text.replace(before, after)
        file.write_text(text)
    return folder
