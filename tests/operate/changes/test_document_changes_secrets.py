"""Secrets that a plan and an apply rotate are seen by whom they are for, and stand nowhere else."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from document_place import HEAD, Place
from tests.api.served_tree import call

from fsmv2.api.activation import served
from fsmv2.api.routes import ROUTES
from fsmv2.errors import DocumentError
from fsmv2.operate import TreeHandle
from fsmv2.operate.changes import planner
from fsmv2.operate.changes.apply_data import ApplyRequest
from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter

PADDING = "# as long as a document that a process reads\n" * (planner.SMALL_TEXT // 40)
KINDS = ("literal", "env", "file")
OLD = {kind: f"qV7-first-{kind}" for kind in KINDS}
NEW = {kind: f"zK4-later-{kind}" for kind in KINDS}
VALUES = tuple(
    form.encode()
    for value in (*OLD.values(), *NEW.values())
    for form in (value, base64.b64encode(value.encode()).decode())
)


def text(literal: str, *, more: str = "") -> str:
    broker = f'broker: {{url: "nats://ann:{literal}@127.0.0.1:1"}}\n'
    return f"""{HEAD.splitlines()[0]}
{broker}{PADDING}
global: {{ENV: {{env: ROTATED}}, FILE: {{file: rotated}}}}
processes:
  reads_env: {{command: [sleep, '1000'], env: {{P: '{{{{ .global.ENV }}}}'}}}}
  reads_file: {{command: [sleep, '1000'], env: {{P: '{{{{ .global.FILE }}}}'}}}}
{more}"""


def found_in(where: str, raw: bytes | str) -> list[str]:
    """Which of the values stand there."""
    data = raw.encode() if isinstance(raw, str) else raw
    return [f"{value.decode()} in {where}" for value in VALUES if value in data]


async def answers(tree: TreeHandle, place: Path) -> list[str]:
    """What stands in any answer to a question."""
    found = []
    paths = [node.path for node in (await tree.view()).nodes]
    for route in (one for one in ROUTES if one.method == "GET"):
        asked = [route.path]
        if route.path == "/v1/worker":
            asked = [f"{route.path}?path={path}" for path in paths]
        if route.path in ("/v1/generation", "/v1/difference"):
            asked = [f"{route.path}?number={number}" for number in (1, 2)]
            asked += [f"{route.path}?older=1&newer=2", f"{route.path}?generation=2"]
        for one in asked:
            reply = await call(place, "GET", one)
            assert reply.status != 500, one
            found += found_in(one, reply.raw)
    return found


def files(folder: Path, *, but: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What stands in any file, but for what may: parts of names, and the kinds of value there."""
    found = []
    for file in (one for one in folder.rglob("*") if one.is_file()):
        may = [kind for part, kinds in but.items() if part in file.name for kind in kinds]
        allowed = {rotated[kind] for kind in may for rotated in (OLD, NEW)}
        stands = found_in(str(file.relative_to(folder)), file.read_bytes())
        found += [one for one in stands if one.partition(" ")[0] not in allowed]
    return found


async def test_h99_what_a_plan_and_an_apply_rotate_is_shown_and_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entries: list[LogEntry] = []
    place, log = Place(tmp_path), LogWriter(LogLevels("debug"), [entries.append])
    key = tmp_path / "rotated"
    monkeypatch.setenv("ROTATED", OLD["env"])
    key.write_text(OLD["file"])
    key.chmod(0o600)
    async with place.runs(text(OLD["literal"]), log=log) as tree, served(tree) as api:
        monkeypatch.setenv("ROTATED", NEW["env"])
        await asyncio.to_thread(key.write_text, NEW["file"])
        document = place.write(text(NEW["literal"]))
        plan = await tree.plan(document)
        # The tree takes over a file by itself, and may have done so by now.
        assert "env:ROTATED: changed" in plan.secrets
        assert {one.path for one in plan.workers} >= {"edge/broker", "edge/reads_env"}
        shown = found_in("plan", msgspec.json.encode(plan) + repr(plan).encode())
        with pytest.raises(DocumentError) as refused:
            await tree.plan(place.write(text(NEW["literal"], more="engin: {}\n")))
        shown += found_in("refusal", str(refused.value) + repr(refused.value.diagnostics))
        answer = await tree.apply(ApplyRequest(document=place.write(text(NEW["literal"]))), wait=60)
        shown += found_in("apply", msgspec.json.encode(answer) + repr(answer).encode())
        await tree.until(
            lambda view: all(view[f"edge/{name}"].healthy for name in ("reads_env", "reads_file")),
            timeout=60,
        )
        shown += found_in("events", repr(await tree.events(limit=1000)))
        shown += await answers(tree, api.place)
    log.close()
    shown += found_in("log", "\n".join(map(json_line, entries)))
    shown += found_in("other logs", caplog.text)
    # The document is kept as it was written, in files that only its owner reads.
    kept = ("literal",)
    shown += files(place.state, but={"store": kept, "document": kept})
    assert shown == []
