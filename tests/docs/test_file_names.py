"""One name, one thing: no two files of `src/fsmv2` bear one name for different things."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "fsmv2"

OF_EVERY_PACKAGE = {"__init__.py", "__main__.py"}

COMMANDS = SOURCE / "cli" / "commands"
"""Here a file is named as the verb that a person types, whatever else has that name."""

STILL_SHARED = {
    "kernel.py": "builtin: what is known of processes, and which of them are brokers",
    "pace.py": "builtin/process/keeper: of lines",
    "protocol.py": "builtin/broker: a handshake with a broker",
    "record.py": "builtin: of a process, of its command, and of a broker",
    "worker.py": "builtin: the worker types `process` and `broker`",
}
"""File names that stand for several things for now, and which of the files are to be renamed.

Nothing is added here: a new file gets a name of its own.
"""


def test_a_file_name_stands_for_one_thing() -> None:
    found = Counter(file.name for file in SOURCE.rglob("*.py") if file.parent != COMMANDS)
    shared = {name for name, times in found.items() if times > 1} - OF_EVERY_PACKAGE
    assert shared - STILL_SHARED.keys() == set(), "name each file by what it alone holds"
    assert STILL_SHARED.keys() - shared == set(), "no longer shared: take it off the list"
