"""Watch the web sites that a folder names: a tree whose children follow what is observed.

Every `*.txt` file of the folder holds addresses, one a line. Each address becomes a worker of its
own, named by its URL, while it stands in a file, and is looked at once a second::

    fsmv2 python examples/sites.py FOLDER
"""

from __future__ import annotations

import asyncio
import sys
import time
import urllib.parse
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
    Volatile,
    Worker,
    WorkerFactory,
    blocking,
    goto,
    state,
    stay,
)


class SiteSpec(UserSpec):
    url: str


class SiteObserved(ObservedState):
    status: str = ""
    milliseconds: Volatile[float] = 0.0


class Site(Monitor[SiteSpec, SiteObserved]):
    """One site: in order while it answers with a good status."""

    interval = 1.0

    async def look(self, spec: SiteSpec, resources: Resources[None]) -> SiteObserved:
        began = time.perf_counter()
        url = urllib.parse.urlsplit(spec.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
        try:
            request = f"GET {url.path or '/'} HTTP/1.0\r\nHost: {url.netloc}\r\n\r\n"
            writer.write(request.encode())
            answer = (await reader.readline()).decode("latin-1").split(maxsplit=2)
        finally:
            writer.close()
        took = (time.perf_counter() - began) * 1000
        return SiteObserved(status=" ".join(answer[1:]).strip(), milliseconds=took)

    def judge(self, s: Snapshot[SiteSpec, SiteObserved]) -> str:
        return "" if s.observed.status.startswith("2") else s.observed.status or "no answer"


class SitesSpec(UserSpec):
    folder: str


class SitesObserved(ObservedState):
    urls: tuple[str, ...] = ()


class Sites(Worker[SitesSpec, SitesObserved]):
    """The parent: its children are the sites it has seen named in the folder."""

    interval = 1.0
    derive_from = "own"  # derive is handed what was observed last
    update_policy = "in_place"

    def derive_desired_state(
        self, spec: SitesSpec, previous_observed: SitesObserved | None
    ) -> DesiredState:
        urls = previous_observed.urls if previous_observed is not None else ()
        children = [ChildSpec(u, Site, SiteSpec(url=u), discovered=True) for u in urls]
        return DesiredState(self.watching, children)

    @blocking
    def collect_observed_state(self, spec: SitesSpec, resources: Resources[None]) -> SitesObserved:
        if not Path(spec.folder).is_dir():
            raise FileNotFoundError(f"the folder {spec.folder} is not there")
        files = sorted(Path(spec.folder).glob("*.txt"))
        lines = {line.strip() for file in files for line in file.read_text().splitlines()}
        return SitesObserved(urls=tuple(sorted(lines - {""})))

    @state("stopped", to="watching")
    def stopped(self, s: Snapshot[SitesSpec, SitesObserved]) -> Step:
        return stay("not watching") if s.should_stop else goto(self.watching, "watches")

    @state("running", to="stopped")
    def watching(self, s: Snapshot[SitesSpec, SitesObserved]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        up = sum(child.healthy for child in s.children.values())
        return stay(s.observe_error or f"{up} of {len(s.children)} sites answer")


def sites(folder: str) -> tuple[ChildSpec, WorkerFactory]:
    """The root of the tree, and the types it is made of."""
    factory = WorkerFactory()
    factory.register(Sites)
    factory.register(Site)
    return ChildSpec("sites", Sites, SitesSpec(folder=folder)), factory


async def watch(folder: str) -> None:
    """Watch until Ctrl-C, and show every change."""

    def show(report: Any) -> None:
        if report.kind == "transition":
            print(f"{report.path}: {report.text}")

    async with Runtime(*sites(folder), listener=show):
        await asyncio.Event().wait()


EXPECTED = """\
expected a folder with .txt files that name web sites, one a line: sites.py FOLDER
to try it:
  mkdir watched; echo http://127.0.0.1:8000/ > watched/all.txt
  python3 -m http.server --bind 127.0.0.1 8000 &
  fsmv2 python examples/sites.py watched"""


def main(words: list[str]) -> int:
    """Watch the sites of a folder; the exit code."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        print(EXPECTED, file=sys.stderr)
        return 2
    asyncio.run(watch(words[0]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
