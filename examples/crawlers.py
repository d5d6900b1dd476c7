"""Crawl web sites, a process for each: a tree of commands, and no machine in it.

Each site is crawled again and again by a process of its own. One that cannot go on ends with its
reason, is started again after a backoff, and harms no other::

    fsmv2 python examples/crawlers.py http://127.0.0.1:8000/ http://127.0.0.1:8001/
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import msgspec
import structlog

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Runtime,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.builtin import Process, ProcessSpec, Ready
from fsmv2.runtime import TreeView


class CrawlersSpec(UserSpec):
    sites: tuple[str, ...]
    state_dir: str = ""


class Crawlers(Worker[CrawlersSpec]):
    """The parent: one process for each site that its spec names."""

    update_policy = "in_place"

    def derive_desired_state(
        self, spec: CrawlersSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        crawler = ProcessSpec(
            command=(sys.executable, "-u", __file__, "--crawl", "{{ .SITE }}"),
            ready=Ready(line=r"^\d+ pages", within=20),
            state_dir=spec.state_dir,
        )
        return DesiredState(
            "crawling",
            tuple(
                ChildSpec(urllib.parse.urlsplit(site).netloc, "process", with_site(crawler, site))
                for site in spec.sites
            ),
        )

    @state("stopped", to="crawling")
    def stopped(self, s: Snapshot[CrawlersSpec]) -> Step:
        return stay("asked to stop") if s.should_stop else goto(self.crawling, "crawls")

    @state("running", to="stopped")
    def crawling(self, s: Snapshot[CrawlersSpec]) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        good = sum(child.healthy for child in s.children.values())
        return stay(f"{good} of {len(s.children)} sites are being crawled")


def with_site(crawler: ProcessSpec, site: str) -> ProcessSpec:
    """The same crawler for one site."""
    return msgspec.structs.replace(crawler, variables=VariableBundle({"SITE": site}))


def crawlers(sites: tuple[str, ...], state_dir: str = "") -> tuple[ChildSpec, WorkerFactory]:
    """The root of the tree, and the types it is made of."""
    factory = WorkerFactory()
    factory.register(Crawlers)
    factory.register(Process)
    spec = CrawlersSpec(sites=sites, state_dir=state_dir)
    return ChildSpec("crawlers", Crawlers, spec), factory


def crawl(site: str) -> None:
    """What each process does: follow the links within the site, for ever; end when it is away."""
    if not site.startswith(("http://", "https://")):
        sys.exit(f"{site} is no web site")
    while True:
        todo, seen = [site], {site}
        while todo:
            page = todo.pop()
            try:
                with urllib.request.urlopen(page, timeout=5) as answer:  # noqa: S310  (below the site)
                    text = answer.read(1 << 20).decode(errors="replace")
            except urllib.error.HTTPError as error:
                print(f"{error.code} {page}")
                continue
            except OSError as error:
                sys.exit(f"{page}: {error}")
            for link in re.findall(r'href="([^"#?]+)', text):
                found = urllib.parse.urljoin(page, link)
                if found.startswith(site) and found not in seen:
                    seen.add(found)
                    todo.append(found)
        print(f"{len(seen)} pages")
        time.sleep(1)


def table(view: TreeView) -> str:
    """A line for each process, with what it takes."""
    return "\n".join(
        f"{node.name:24} {node.state:14} {node.observed.cpu:6.3f} of a core "
        f"{node.observed.memory_mb:6.1f} MB  {node.reason}"
        for node in view.of_type("process")
    )


async def watch(sites: tuple[str, ...]) -> None:
    """Crawl until Ctrl-C, showing the tree every two seconds."""
    async with Runtime(*crawlers(sites)) as tree:
        while True:
            await asyncio.sleep(2)
            print(table(await tree.view()), end="\n\n")


EXPECTED = """\
expected the web sites to crawl: crawlers.py URL ...
to try it:
  python3 -m http.server --bind 127.0.0.1 8000 &
  fsmv2 python examples/crawlers.py http://127.0.0.1:8000/"""


def main(words: list[str]) -> int:
    """Crawl the sites of the command line, or be the process that crawls one; the exit code."""
    if words[:1] == ["--crawl"]:
        crawl(words[1])
    if not words or not all(word.startswith(("http://", "https://")) for word in words):
        print(EXPECTED, file=sys.stderr)
        return 2
    # What a crawler writes stands in a file; the table is enough here.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(watch(tuple(words)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
