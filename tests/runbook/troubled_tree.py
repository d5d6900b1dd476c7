"""A tree in one kind of trouble, and the commands that a page of the runbook shows, run on it."""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from changed_tree import changed_tree
from firing import Export
from page_blocks import Command, same
from structlog.testing import capture_logs
from typer.testing import CliRunner

from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.cli.app import app

WIDTH = "100"
"""Columns of the pages."""
STATE = "/var/lib/fsmv2"
"""The state directory of the pages."""


class TroubledTree:
    """`steps`: what is done to it, by the word after `after=`; `shown`: what differs, and as what.

    `exports`: what it exported, and the alerts that fire on that.
    Ports are free ones, and folders new ones, in each run; the pages show the same ones each time.
    """

    def __init__(self, folder: Path, shown: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.shown = {
            f"{folder}/state": STATE,
            f"{folder}/": "",
            str(folder): "/srv/plant",
            f"{getpass.getuser()}@{socket.gethostname()}": "anna@edge",
            f"by {getpass.getuser()} (": "by anna (",
            **(shown or {}),
        }
        self.steps: dict[str, Callable[[], object]] = {}
        self.declare: Callable[[ChildSpec], None]
        self.exports: list[Export] = []

    def run(self, words: str) -> str:
        """What a command prints, whose first program may be fsmv2, and who reads it another."""
        for real, page in self.shown.items():
            words = words.replace(page, real) if page.isdigit() or page == STATE else words
        first, pipe, others = words.partition(" | ")
        if first.startswith("fsmv2 "):
            printed = CliRunner().invoke(app, shlex.split(first)[1:], prog_name="fsmv2").output
        else:
            others, pipe, printed = words, "|", ""
        if pipe:
            ended = subprocess.run(
                ["sh", "-c", others], input=printed, capture_output=True, text=True, timeout=60
            )
            printed = ended.stdout + ended.stderr
        for real, page in self.shown.items():
            printed = printed.replace(real, page)
        return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())

    def until(self, says: str, words: str) -> None:
        """Wait for the trouble."""
        limit = time.monotonic() + 120
        while says not in (printed := self.run(words)):
            assert time.monotonic() < limit, f"`{words}` prints\n{printed}\nand not {says}"
            time.sleep(0.05)

    def until_more(self, than: float, words: str) -> None:
        """Wait until a figure, the last word of what is printed, is more."""
        limit = time.monotonic() + 120
        while not (found := self.run(words).split()) or float(found[-1]) <= than:
            assert time.monotonic() < limit, f"`{words}` prints {found}"
            time.sleep(0.05)

    def fires(self, *alerts: str, before: str = "", goes_on: bool = False) -> None:
        """These alerts do, on what it exports now; see `Export`."""
        now = self.run("fsmv2 metrics")
        self.exports.append(Export(alerts=alerts, metrics=now, before=before, goes_on=goes_on))

    def printed(self, command: Command, patience: float) -> str:
        """What a command prints once that is as on its page, or at last."""
        limit = time.monotonic() + patience
        while not same(command.printed, real := self.run(command.words)):
            if time.monotonic() > limit:
                break
            time.sleep(0.1)
        return real


@contextlib.contextmanager
def in_trouble(
    document: str,
    shown: Mapping[str, str] | None = None,
    *,
    types: WorkerFactory | None = None,
    root: ChildSpec | None = None,
) -> Iterator[TroubledTree]:
    """The tree of a document, the only one that the commands see; `root`: of an author's types."""
    with (
        alone(),
        capture_logs(),  # the log of the tree is none of what a command prints
        changed_tree(document, types=types, root=root) as tree,
        contextlib.chdir(tree.folder),
    ):
        found = TroubledTree(tree.folder, shown)
        assert tree.tree is not None
        found.declare = tree.tree.declare
        yield found


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """No tree of this machine, and no setting of this shell, has anything to do with it."""
    changed = {"XDG_STATE_HOME": "", "XDG_RUNTIME_DIR": "", "COLUMNS": WIDTH, "NO_COLOR": "1"}
    before = {name: os.environ.get(name) for name in changed}
    with tempfile.TemporaryDirectory() as short:  # a longer one would not be used for sockets
        os.environ.update({name: value or short for name, value in changed.items()})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
