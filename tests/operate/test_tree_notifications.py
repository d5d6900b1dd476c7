"""A tree that runs notifies: of an escalation, of a dead target, after a kill; with no secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.notify.hook_server import Hook

from fsmv2.errors import UnknownTargetError
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.tree_notifications import health_of

CANARY = "canary-7f3a9b21c4"


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


def document(folder: Path, hook: Hook) -> Path:
    file = folder / "plant.yaml"
    file.write_text(
        f"""
agent: {{name: edge}}
engine: {{backoff_base: 20ms, backoff_cap: 40ms}}
global:
  TOKEN: {{env: HOOK_TOKEN}}
processes:
  bad: {{command: [sh, -c, "exit 3"]}}
notify:
  targets:
    hook:
      webhook:
        url: "http://127.0.0.1:{hook.port}/{{{{ .global.TOKEN }}}}"
        headers: {{Authorization: "Bearer {{{{ .global.TOKEN }}}}"}}
    dead: {{webhook: "http://127.0.0.1:1/{{{{ .global.TOKEN }}}}"}}
    file: {{file: n.jsonl, match: {{level: info}}}}
"""
    )
    return file


async def until(condition: Callable[[], Any]) -> Any:
    async with asyncio.timeout(30):
        while not (found := condition()):  # noqa: ASYNC110  (things of other threads)
            await asyncio.sleep(0.02)
        return found


@pytest.mark.real
async def test_an_escalation_is_sent_with_its_steps_and_no_secret_is_shown(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", CANARY)
    file, state = document(tmp_path, hook), tmp_path / "state"
    seen: list[str] = []
    async with open_tree(file, state_dir=state, listener=lambda r: seen.append(r.text)) as tree:
        await until(lambda: hook.requests)
        await until(lambda: any("NotificationsSent=False" in text for text in seen))
        await tree.acknowledge("edge/bad", reason="on my way", who="jo")
        await until(lambda: len(hook.requests) >= 2)
        await until(lambda: len(tree.notifications()) == 3)
        status = {one.name: one for one in tree.notifications()}
        conditions = (await tree.view()).nodes[0].conditions
        with pytest.raises(UnknownTargetError, match="hok"):
            await tree.test_notifications(["hok"])
        tested = {one.target: one for one in await tree.test_notifications()}
    path, headers, body = hook.requests[0]
    assert (path, headers["Authorization"]) == (f"/{CANARY}", f"Bearer {CANARY}")
    first, second = json.loads(body), json.loads(hook.requests[1][2])
    assert (first["event"], first["path"], first["level"]) == (
        "escalation_required",
        "edge/bad",
        "critical",
    )
    assert "ended with exit code 3" in first["text"]
    assert "What to do: (1) " in first["text"]
    assert second["event"] == "escalation_acknowledged"
    assert "jo: on my way" in second["message"]
    assert status["hook"].counts["sent"] >= 1
    assert status["dead"].error == "it cannot be reached: Connection refused"
    assert [tested[name].delivered for name in ("hook", "dead", "file")] == [True, False, True]
    assert any("dead" in str(one) for one in conditions)
    shown = [
        *seen,
        str(status),
        str(tested),
        str(conditions),
        *(b.decode() for _, _, b in hook.requests),
    ]
    for place in (tmp_path / "n.jsonl", *state.rglob("*")):
        if place.is_file():
            shown.append(place.read_bytes().decode("utf-8", "replace"))
    assert not [text for text in shown if CANARY in text]


@pytest.mark.real
async def test_after_a_restart_it_is_not_sent_again_to_who_knows(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", CANARY)
    file, state = document(tmp_path, hook), tmp_path / "state"
    async with open_tree(file, state_dir=state):
        await until(lambda: hook.requests)
    hook.requests.clear()
    seen: list[str] = []
    async with open_tree(file, state_dir=state, listener=lambda r: seen.append(r.text)):
        await until(lambda: any(text.startswith("EscalationRequired") for text in seen))
    assert hook.requests == []


async def test_the_health_of_workers_is_that_of_the_tree(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text('agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n')
    async with open_tree(file, state_dir=tmp_path / "state") as tree:
        await tree.until(lambda view: len(view.nodes) == 2, timeout=200)
        assert await health(tree, "edge/broker", "edge/none") == {
            "edge/broker": "in trouble",
            "edge/none": "gone",
        }
        assert tree.notifications() == ()


async def health(tree: TreeHandle, *paths: str) -> dict[str, str]:
    return dict(await tree._runtime.look(lambda core: health_of(core, paths)))
