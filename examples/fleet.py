"""A fleet of sites: children come and go with what each site says it has.

A folder stands for the fleet. Each folder in it is a site, and each file of a site is a gateway,
which writes its file as a sign of life, with `ok` in it or what is wrong. Each becomes a worker for
as long as it is there; a look that fails removes none of them::

    fsmv2 python examples/fleet.py FOLDER
    fsmv2 python examples/fleet.py

Without FOLDER it plays a fleet: a site opens, a gateway falls silent, another reports trouble, a
site closes.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    Monitor,
    ObservedState,
    Resources,
    Runtime,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    blocking,
    goto,
    state,
    stay,
)


class GatewaySpec(UserSpec):
    file: str
    silent_after: float = 3.0


class GatewayObserved(ObservedState):
    text: str = ""
    silent: bool = False


class Gateway(Monitor[GatewaySpec, GatewayObserved]):
    """One gateway: in order while it gives signs of life and reports no trouble."""

    interval = 0.5

    @blocking
    def look(self, spec: GatewaySpec, resources: Resources[None]) -> GatewayObserved:
        file = Path(spec.file)
        age = time.time() - file.stat().st_mtime
        return GatewayObserved(text=file.read_text().strip(), silent=age > spec.silent_after)

    def judge(self, s: Snapshot[GatewaySpec, GatewayObserved]) -> str:
        if s.observed.silent:
            return f"no sign of life for more than {s.spec.silent_after:g} s"
        return "" if s.observed.text in ("", "ok") else f"reports: {s.observed.text}"


class FolderSpec(UserSpec):
    folder: str


class FolderObserved(ObservedState):
    names: tuple[str, ...] = ()


class Listed(Worker[FolderSpec, FolderObserved], abstract=True):
    """What a fleet and a site have in common: their children are what they see in a folder."""

    interval = 0.5
    derive_from = "own"  # derive is handed what was observed last
    update_policy = "in_place"

    @blocking
    def collect_observed_state(
        self, spec: FolderSpec, resources: Resources[None]
    ) -> FolderObserved:
        names = sorted(path.name for path in Path(spec.folder).iterdir())
        return FolderObserved(names=tuple(names))

    @state("stopped", to="watching")
    def stopped(self, s: Snapshot[FolderSpec, FolderObserved]) -> Step:
        return stay("not watching") if s.should_stop else goto(self.watching, "asked to run")

    @state("running", to="stopped")
    def watching(self, s: Snapshot[FolderSpec, FolderObserved]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        good = sum(child.healthy for child in s.children.values())
        return stay(s.observe_error or f"{good} of {len(s.children)} in order")


class Fleet(Listed):
    """The root: a child for each site."""

    def derive_desired_state(
        self, spec: FolderSpec, previous_observed: FolderObserved | None
    ) -> DesiredState:
        names = previous_observed.names if previous_observed is not None else ()
        children = [
            ChildSpec(
                name,
                Site,
                FolderSpec(folder=f"{spec.folder}/{name}", location={"site": name}),
                discovered=True,
            )
            for name in names
        ]
        return DesiredState(self.watching, tuple(children))


class Site(Listed):
    """A site: a child for each gateway."""

    def derive_desired_state(
        self, spec: FolderSpec, previous_observed: FolderObserved | None
    ) -> DesiredState:
        names = previous_observed.names if previous_observed is not None else ()
        children = [
            ChildSpec(name, Gateway, GatewaySpec(file=f"{spec.folder}/{name}"), discovered=True)
            for name in names
        ]
        return DesiredState(self.watching, tuple(children))


def fleet(folder: str) -> tuple[ChildSpec, WorkerFactory]:
    """The root of the tree, and the types it is made of."""
    factory = WorkerFactory()
    for kind in (Fleet, Site, Gateway):
        factory.register(kind)
    return ChildSpec("fleet", Fleet, FolderSpec(folder=folder)), factory


async def watch(folder: str, show: Callable[[str], None] = print) -> None:
    """Watch a fleet for as long as this is not cancelled, and show what changes."""

    def listen(report: Any) -> None:
        if report.kind in ("transition", "removed"):
            show(f"{report.path}: {report.text}")

    async with Runtime(*fleet(folder), listener=listen):
        await asyncio.Event().wait()


async def play(folder: Path, pace: float = 1.0) -> None:
    """Gateways that give signs of life, and something new every few seconds."""

    def gateway(name: str, text: str = "ok") -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    alive = {"oslo/gateway-1": "ok", "oslo/gateway-2": "ok", "lima/gateway-1": "ok"}
    for second in range(1_000_000):
        if second == 4:
            print("-- a site opens: rome")
            alive["rome/gateway-1"] = "ok"
        if second == 8:
            print("-- lima/gateway-1 is silent, oslo/gateway-2 reports trouble")
            del alive["lima/gateway-1"]
            alive["oslo/gateway-2"] = "disk 97 % full"
        if second == 14:
            print("-- oslo/gateway-2 is in order again, and lima closes; Ctrl-C ends this")
            alive["oslo/gateway-2"] = "ok"
            shutil.rmtree(folder / "lima")
        for name, text in alive.items():
            gateway(name, text)
        await asyncio.sleep(pace)


async def play_and_watch() -> None:
    """A fleet that is played, watched."""
    with tempfile.TemporaryDirectory() as made:
        print(f"A fleet is played in {made}. With a folder of yours: fleet.py FOLDER")
        await asyncio.gather(watch(made), play(Path(made)))


def main(words: list[str]) -> int:
    """Watch the folder of the command line, or a fleet that is played; the exit code."""
    if len(words) > 1 or not all(Path(word).is_dir() for word in words):
        text = "expected a folder that holds a folder for each site: fleet.py FOLDER"
        print(text, file=sys.stderr)
        return 2
    asyncio.run(watch(words[0]) if words else play_and_watch())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
