"""All there is to know of one worker, and what keeps it from a state: live, and from a journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.operate.recorded_answer import recorded

from fsmv2.errors import UnknownFilterError, UnknownPathError
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_questions import describe, obstacles

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
processes:
  fails:
    command: [sh, -c, "exit 3"]
    env: {API_PASSWORD: hunter2, LEVEL: high}
bridges:
  - name: filler
    location: {enterprise: acme, site: here}
    read: {input: {generate: {tags: [{name: t, curve: sine}]}}}
"""


async def test_of_one_in_trouble_all_is_known_that_a_person_needs(tmp_path: Path) -> None:
    file, state = tmp_path / "plant.yaml", tmp_path / "state"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=state) as tree:
        await tree.until(lambda view: view["edge/fails"].attempts > 0, timeout=60)
        found = await described(tree, "transition")
        assert found.type == "process"
        assert found.goal in found.states
        assert not found.healthy
        assert "exit code 3" in found.reason + " ".join(one.text for one in found.events)
        assert found.next_delays
        assert found.due
        assert found.runbook
        assert "LEVEL: high" in found.config
        assert "hunter2" not in found.config, "credentials are masked"
        await _what_is_missing_of_a_bridge(tree)
        with pytest.raises(UnknownPathError, match="no worker"):
            await tree.describe("edge/fail")
        with pytest.raises(UnknownFilterError, match="has no state 'activ'") as raised:
            await tree.obstacles("edge/filler", "activ")
        assert "Did you mean 'active'?" in raised.value.fix
        await _of_a_silent_tree_the_same_is_read_from_its_journal(tree, state)


async def described(tree: TreeHandle, kind: str) -> WorkerDescription:
    """As soon as an event of this kind is stored, which may be a moment later."""
    for _ in range(1200):
        found = await tree.describe("edge/fails")
        if any(one.kind == kind for one in found.events):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {kind} in a minute")


async def _what_is_missing_of_a_bridge(tree) -> None:  # type: ignore[no-untyped-def]
    found = await tree.obstacles("edge/filler", "active")
    assert not found.reached
    assert (found.way[0], found.way[-1]) == (found.state, "active")
    assert found.obstacles
    await tree.stop_path("edge/filler", reason="cleaning", who="anna")
    await tree.until(lambda view: view["edge/filler"].state == "stopped", timeout=60)
    found = await tree.obstacles("edge/filler", "active")
    asked = next(one for one in found.obstacles if one.kind == "asked")
    assert "asked to be stopped" in asked.text
    assert "anna" in asked.text
    reached = await tree.obstacles("edge/filler", "stopped")
    assert reached.reached
    assert reached.obstacles == ()


async def _of_a_silent_tree_the_same_is_read_from_its_journal(tree, state: Path) -> None:  # type: ignore[no-untyped-def]
    """No API is served here, so the journal is read."""
    await tree._runtime.checkpoint()
    which = WhichTree(state_dir=state)
    found = await recorded(
        lambda: describe("edge/filler", which), lambda one: one.state == "stopped"
    )
    assert found.recorded
    assert found.state == "stopped"
    assert [one.path for one in found.children]
    missing = obstacles("edge/filler", "active", which)
    assert missing.recorded
    assert "asked" in [one.kind for one in missing.obstacles]
    with pytest.raises(UnknownPathError, match="no worker 'edge/x'"):
        describe("edge/x", which)
