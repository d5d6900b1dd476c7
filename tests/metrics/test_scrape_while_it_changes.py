"""A scrape reads what another thread is changing: it never fails, and is never waited for."""

from __future__ import annotations

import threading

from lamp_tree import World, device, group, simulate
from measured_simulation import measured

from fsmv2.metrics.exposition import exposition


def test_scrapes_beside_a_tree_that_grows_shrinks_and_fails() -> None:
    world = World()
    over, failed, scrapes = threading.Event(), list[BaseException](), 0
    with simulate(world, group("g")) as sim:
        source = measured(sim)

        def scrape_on() -> None:
            nonlocal scrapes
            while not over.is_set():
                try:
                    exposition(source)
                except BaseException as error:  # noqa: BLE001
                    failed.append(error)
                    return
                scrapes += 1

        scraper = threading.Thread(target=scrape_on)
        scraper.start()
        for n in range(20_000):
            children = [device(f"d{n % 7}-{m}", template="{{ .NO }}") for m in range(n % 50)]
            sim.declare(group("g", *children))
            sim.pause("g") if n % 2 else sim.resume("g")
            sim.run(1.0)
            if n > 20 and (scrapes > 20 or failed):
                break
        over.set()
        scraper.join(60)
    assert not failed, failed
    assert scrapes > 20
