"""A document that is changed while its tree runs, and what is looked at then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.generations import history

HEAD = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
"""Nothing listens there: the broker is never well, before or after."""
NEVER_CONVERGES = HEAD + "bridges:\n  - {name: a, connection: {host: 127.0.0.1, port: 1}}\n"


def document(**sleepers: str) -> str:
    """With these processes, each of which sleeps so many seconds."""
    lines = [f"  {name}: {{command: [sleep, '{arg}']}}\n" for name, arg in sleepers.items()]
    return HEAD + ("processes:\n" + "".join(lines) if lines else "")


def with_bridges(*names: str) -> str:
    """With these bridges, disabled: nothing of them has to start or to end."""
    lines = [
        f"  - {{name: {name}, enabled: false, connection: {{host: 127.0.0.1, port: 1}}}}\n"
        for name in names
    ]
    return HEAD + ("bridges:\n" + "".join(lines) if lines else "")


class Place:
    """A document, and its state directory."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "plant.yaml"
        self.state = folder / "state"

    def write(self, text: str) -> DocumentText:
        self.file.write_text(text)
        return DocumentText(source=str(self.file), files={"": text.encode()})

    @contextlib.asynccontextmanager
    async def runs(self, text: str, **options: Any) -> AsyncIterator[TreeHandle]:
        await asyncio.to_thread(self.write, text)
        async with open_tree(self.file, state_dir=self.state, **options) as tree:
            await running(tree, *names(text))
            yield tree

    def numbers(self) -> list[int]:
        return [one.number for one in history(self.state)[0]]


def names(text: str) -> list[str]:
    return [line.split(":")[0].strip() for line in text.splitlines() if "command" in line]


async def running(tree: TreeHandle, *which: str) -> None:
    await tree.until(
        lambda view: all(
            (node := view.get(f"edge/{name}")) is not None and node.healthy for name in which
        ),
        timeout=200,
    )


async def ticks(tree: TreeHandle) -> Mapping[str, tuple[int, int]]:
    return {n.path: (n.incarnation, n.ticks) for n in (await tree.view()).nodes}


async def events(tree: TreeHandle, text: str) -> list[str]:
    """All that is stored, once this is."""
    async with asyncio.timeout(30):
        while True:
            found = [one.event.text for one in await tree.events(limit=1000)]
            if text in found:
                return found
            await asyncio.sleep(0.02)
