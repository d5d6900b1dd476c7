"""Questions with a body: what another document would change, asked by a client of the API."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

import msgspec
import pytest
from served_tree import DOCUMENT, call, tree_with_api

from fsmv2.errors import DocumentError
from fsmv2.operate import RemoteTree
from fsmv2.operate.changes.apply_data import DocumentText
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.past.past_question import (
    DescriptionThen,
    ObstaclesThen,
    PastQuestion,
    TreeThen,
    WorkerThen,
)
from fsmv2.operate.past.past_reader import PastReader
from fsmv2.operate.row_folding import Space
from fsmv2.operate.worker_filter import WorkerFilter

CLIENT = """
import sys
from pathlib import Path
from fsmv2.operate import RemoteTree
from fsmv2.operate.changes.apply_data import DocumentText
text = sys.stdin.buffer.read()
document = DocumentText(source=sys.argv[2], files={"": text})
plan = RemoteTree(Path(sys.argv[1])).plan_document(document)
print(plan.summary, plan.secrets)
"""


def document(folder: Path, text: str) -> DocumentText:
    return DocumentText(source=str(folder / "plant.yaml"), files={"": text.encode()})


async def test_a_plan_is_answered_or_all_that_is_wrong(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        remote = RemoteTree(tmp_path / "state")
        found = await remote.plan(document(tmp_path, DOCUMENT.replace("EVERY: 1", "EVERY: 2")))
        assert [w.path for w in found.workers if w.action == "recreate"] == ["edge/ticker"]
        wrong = DOCUMENT + "engin: {}\nbridges:\n  - {nme: a}\n"
        with pytest.raises(DocumentError) as raised:
            await remote.plan(document(tmp_path, wrong))
        lines = {d.mark.line for d in raised.value.diagnostics if d.mark is not None}
        assert {9, 11} <= lines
        body = msgspec.json.encode(document(tmp_path, wrong))
        reply = await call(api.place, "POST", "/v1/plan", body)
        assert reply.status == 422
        told = msgspec.json.decode(reply.raw)
        assert told["code"] == "FSM0101"
        assert {d["mark"]["line"] for d in told["diagnostics"]} >= {9, 11}
        body = b'{"source": "plant.yaml", "files": {}}'
        assert (await call(api.place, "POST", "/v1/plan", body)).status == 400, "no whole path"


async def test_secrets_are_those_of_the_tree_whatever_the_client_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_TREE", "kVqPz81x")
    text = DOCUMENT.replace("global: {}", "global: {P: {env: OF_THE_TREE}}")
    async with tree_with_api(tmp_path):
        environ = {key: value for key, value in os.environ.items() if key != "OF_THE_TREE"}
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CLIENT, str(tmp_path / "state"), str(tmp_path / "plant.yaml")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environ,
        )
        told, _ = await client.communicate(text.encode())
        assert client.returncode == 0
        assert b"env:OF_THE_TREE: added" in told


async def test_who_goes_away_is_planned_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, given_up = asyncio.Event(), asyncio.Event()

    async def endless(*_: object) -> ChangePlan:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    async with tree_with_api(tmp_path) as (tree, api):
        monkeypatch.setattr(tree._changes, "plan", endless)
        body = msgspec.json.encode(document(tmp_path, DOCUMENT))
        head = "POST /v1/plan HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
            client.connect(os.fspath(api.place))
            client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            await asyncio.wait_for(begun.wait(), 30)
        await asyncio.wait_for(given_up.wait(), 30)


async def test_ten_megabytes_of_rubbish_are_refused_and_the_tree_answers_meanwhile(
    tmp_path: Path,
) -> None:
    async with tree_with_api(tmp_path) as (tree, _):
        rubbish = DocumentText(source=str(tmp_path / "x.yaml"), files={"": os.urandom(10 << 20)})
        planning = asyncio.ensure_future(tree.plan(rubbish))
        while not planning.done():
            assert (await tree.view()).nodes
            await asyncio.sleep(0.05)
        with pytest.raises(DocumentError):
            await planning


async def test_each_question_about_now_can_be_asked_of_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[PastQuestion, float]] = []

    async def noted(_: PastReader, question: PastQuestion, at: float) -> bytes:
        asked.append((question, at))
        return b'{"text": "\x1b[31m"}'

    monkeypatch.setattr(PastReader, "answer", noted)
    async with tree_with_api(tmp_path) as (_, api):
        for route in (
            "/v1/tree?trouble=true&lines=20&columns=80&at=1000.5",
            "/v1/worker?path=edge&at=1000.5",
            "/v1/description?path=edge&at=1000.5",
            "/v1/obstacles?path=edge&state=active&at=1000.5",
        ):
            reply = await call(api.place, "GET", route)
            assert (reply.status, reply.raw) == (200, b'{"text": "\\u001b[31m"}')
    assert asked == [
        (TreeThen(WorkerFilter(trouble=True), Space(20, 80)), 1000.5),
        (WorkerThen("edge"), 1000.5),
        (DescriptionThen("edge"), 1000.5),
        (ObstaclesThen("edge", "active"), 1000.5),
    ]


async def test_what_is_not_recorded_is_not_found_and_events_end_where_they_are_to(
    tmp_path: Path,
) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        reply = await call(api.place, "GET", "/v1/worker?path=edge&at=1e12")
        assert (reply.status, msgspec.json.decode(reply.raw)["code"]) == (404, "FSM0904")
        events = msgspec.json.decode((await call(api.place, "GET", "/v1/events")).raw)
        until = events[-2]["at"]
        reply = await call(api.place, "GET", f"/v1/events?until={until!r}")
        before = [one for one in events if one["at"] <= until]
        assert msgspec.json.decode(reply.raw)[-1]["id"] == before[-1]["id"]
