"""The figures of notifications: one target that takes them, and one that is dead."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from flow_kit import until
from moving import moves
from tests.notify.hook_server import Hook

from fsmv2.metrics.exposition import read
from fsmv2.metrics.measured_source import Source
from fsmv2.operate import open_tree

DOCUMENT = """
agent: {name: edge}
processes: {a: {command: [sleep, "1000"], enabled: false}}
notify:
  targets:
    hook: {webhook: "http://127.0.0.1:%d/", match: {level: info, events: [operator_request]}}
    dead: {webhook: "http://127.0.0.1:1/", match: {level: info, events: [operator_request]}}
"""


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@moves("notifications_total notifications_waiting notification_target_failing")
async def test_what_becomes_of_notifications(tmp_path: Path, hook: Hook) -> AsyncIterator[Source]:
    document = tmp_path / "plant.yaml"
    document.write_text(DOCUMENT % hook.port)
    async with open_tree(document, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: view.get("edge/a") is not None, timeout=200)
        yield tree.measured
        await tree.pause("edge/a", reason="an event that is sent")
        await until(lambda: _count(tree.measured, "hook", "sent") > 0, timeout=200)
        await until(lambda: _count(tree.measured, "dead", "retried") > 0, timeout=200)
        await until(lambda: _failing(tree.measured, "dead"), timeout=200)
        yield tree.measured


def _failing(source: Source, target: str) -> bool:
    return bool(dict(read(source).of("fsmv2_notification_target_failing")).get((target,)))


def _count(source: Source, target: str, outcome: str) -> float:
    found = dict(read(source).of("fsmv2_notifications_total"))
    value = found.get((target, outcome), 0)
    assert isinstance(value, int | float)
    return value
