"""A tree that runs in a thread, and the commands that change its document, called in here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.api.activation import served
from fsmv2.cli.app import app
from fsmv2.operate import TreeHandle, prepare
from fsmv2.operate.generations import history
from fsmv2.operate.prepared_tree import PreparedTree, read_document
from fsmv2.operate.state_directory import held
from fsmv2.operate.tree_opening import start

HEAD = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
"""Nothing listens there: the broker is never well, before or after."""
NEVER_CONVERGES = HEAD + "bridges:\n  - {name: a, connection: {host: 127.0.0.1, port: 1}}\n"


def document(**sleepers: str) -> str:
    """With these processes, each of which sleeps so many seconds."""
    lines = [f"  {name}: {{command: [sleep, '{arg}']}}\n" for name, arg in sleepers.items()]
    return HEAD + ("processes:\n" + "".join(lines) if lines else "")


class ChangedTree:
    """One that follows `file`, or keeps its document itself."""

    def __init__(
        self,
        folder: Path,
        *,
        managed: bool,
        kept: bool = True,
        types: WorkerFactory | None = None,
        root: ChildSpec | None = None,
    ) -> None:
        self.folder = folder
        self.types = types
        self.root = root
        self.file = folder / "plant.yaml"
        self.state = folder / "state"
        self.managed = managed
        self.kept = kept
        self.tree: TreeHandle | None = None

    def write(self, text: str, name: str = "plant.yaml") -> Path:
        file = self.folder / name
        file.write_text(text)
        return file

    def __call__(self, *words: str, typed: str | bytes = "") -> Result:
        return CliRunner().invoke(app, [*words, "--state-dir", str(self.state)], input=typed)

    def says(self, *words: str, code: int = 0, typed: str | bytes = "") -> str:
        """All that it shows; `code` is how it must end."""
        found = self(*words, typed=typed)
        assert found.exit_code == code, found.output
        return found.output

    def numbers(self) -> list[int]:
        return [one.number for one in history(self.state)[0]]

    @contextlib.contextmanager
    def _prepared_without_store(self) -> Iterator[PreparedTree]:
        with held(self.state) as directory:
            yield read_document(self.file, directory)

    async def _run(self, begun: threading.Event, ended: threading.Event) -> None:
        file, init = (None, self.file) if self.managed else (self.file, None)
        preparing = prepare(file, state_dir=self.state, init=init)
        if not self.kept:
            preparing = self._prepared_without_store()
        with contextlib.ExitStack() as stack:
            prepared = await asyncio.to_thread(stack.enter_context, preparing)
            async with (
                start(prepared, types=self.types) as self.tree,
                served(self.tree, None),
            ):
                if self.root is not None:
                    self.tree.declare(self.root)
                begun.set()
                await asyncio.to_thread(ended.wait)


@contextlib.contextmanager
def changed_tree(
    text: str,
    *,
    managed: bool = False,
    kept: bool = True,
    folder: Path | None = None,
    types: WorkerFactory | None = None,
    root: ChildSpec | None = None,
) -> Iterator[ChangedTree]:
    """The tree of this document, in a folder of its own; not `kept`: without a store, as a demo.

    `folder`: one that stays. `types`: an author's; `root`: what a program then declares of them.
    """
    with tempfile.TemporaryDirectory() as own, _quiet():
        found = ChangedTree(folder or Path(own), managed=managed, kept=kept, types=types, root=root)
        found.write(text)
        begun, ended = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(found._run(begun, ended)))
        thread.start()
        try:
            assert begun.wait(200)
            yield found
        finally:
            ended.set()
            thread.join(60)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What the tree logs while the machine is busy is none of what a command shows."""
    loggers = [logging.getLogger(name) for name in ("fsmv2", "fsmv2.slow_code")]
    before = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)
