"""A document is applied over the API: what is answered, refused, streamed, and done only once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served_tree import DOCUMENT, Reply, call_blocking, in_a_thread, tree_with_api

from fsmv2.errors import DocumentError, GenerationConflictError, UnknownGenerationError
from fsmv2.operate import RemoteTree, TreeHandle
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest
from fsmv2.operate.generations import history


class Served:
    """A tree with its API, and the document that it follows."""

    def __init__(self, tree: TreeHandle, place: Path) -> None:
        self.tree = tree
        self.place = place
        self.file = tree.document
        self.remote = RemoteTree(tree.directory, tool="test")

    def write(self, more: str) -> DocumentText:
        text = DOCUMENT + more
        self.file.write_text(text)
        return DocumentText(source=str(self.file), files={"": text.encode()})

    def numbers(self) -> list[int]:
        return [one.number for one in history(self.tree.directory)[0]]

    def post(self, route: str, body: Any, method: str = "POST", **headers: str) -> Reply:
        raw = json.dumps(body).encode()
        return call_blocking(
            self.place, method, route, raw, content_type="application/json", **headers
        )

    def text(self, document: DocumentText) -> dict[str, Any]:
        files = {name: base64.b64encode(data).decode() for name, data in document.files.items()}
        return {"source": document.source, "files": files}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with in_a_thread(tree_with_api) as (tree, api):
        yield Served(tree, api.place)


def test_it_is_applied_once_however_often_it_is_sent_with_one_key(served: Served) -> None:
    body = {"document": served.text(served.write("# once\n")), "reason": "a test"}
    before = served.numbers()[-1]
    first = served.post("/v1/apply?wait=30", body, idempotency_key="one")
    again = served.post("/v1/apply?wait=30", body, idempotency_key="one")
    assert first.status == 200, first.raw
    assert first.raw == again.raw
    answer = first.json
    assert (answer["generation"], answer["changed"]) == (before + 1, True)
    assert answer["progress"]["state"] == "converged"
    assert served.numbers()[-1] == before + 1
    kept, _ = history(served.tree.directory)
    assert kept[-1].why == "a test"
    assert kept[-1].who
    assert "(" not in kept[-1].who


def test_h91_all_mistakes_come_back_with_their_places(served: Served) -> None:
    wrong = served.text(served.write("engin: {}\nbridges:\n  - {nme: a}\n"))
    reply = served.post("/v1/apply", {"document": wrong})
    assert (reply.status, reply.headers["content-type"]) == (422, "application/problem+json")
    lines = [one["mark"]["line"] for one in reply.json["diagnostics"] if one.get("mark")]
    assert len(lines) >= 2
    with pytest.raises(DocumentError) as raised:
        served.remote.apply_document(ApplyRequest(document=served.write("engin: {}\n")))
    assert raised.value.diagnostics[0].mark is not None


def test_h94_a_generation_that_runs_no_longer_is_a_conflict(served: Served) -> None:
    document = served.write("# conflict\n")
    based_on = served.numbers()[-1] - 1
    reply = served.post("/v1/apply", {"document": served.text(document), "based_on": based_on})
    assert reply.status == 409
    assert f"generation {based_on + 1} is running now, applied by" in reply.json["detail"]
    with pytest.raises(GenerationConflictError):
        served.remote.apply_document(ApplyRequest(document=document, based_on=based_on))
    put = served.post("/v1/document", served.text(document), "PUT", if_match=f'"{based_on}"')
    assert put.status == 412
    assert served.post("/v1/document", served.text(document), "PUT", if_match='"x"').status == 400


def test_a_document_is_put_on_condition_of_the_generation_it_was_made_of(served: Served) -> None:
    document, number = served.write("# put\n"), served.numbers()[-1]
    put = served.post("/v1/document", served.text(document), "PUT", if_match=f'"{number}"')
    assert (put.status, put.json["generation"]) == (200, number + 1)
    other = {"source": "/elsewhere.yaml", "files": {"": ""}}
    refused = served.post("/v1/document", other, "PUT")
    assert refused.status == 409
    assert f"this tree follows {served.file}" in refused.json["detail"]


def test_a_rollback_and_how_far_it_has_come(served: Served) -> None:
    text = served.write("# to be undone\n")
    number = served.remote.apply_document(ApplyRequest(document=text)).generation
    answer = served.remote.roll_back(RollbackRequest(reason="noise"), wait=30)
    assert (answer.generation, answer.changed) == (number + 1, True)
    assert served.remote.progress_of().state == "converged"
    assert served.remote.progress_of(number).state in ("converged", "superseded")
    with pytest.raises(UnknownGenerationError):
        served.remote.progress_of(number + 9)
    with pytest.raises(UnknownGenerationError):
        served.remote.roll_back(RollbackRequest(generation=number + 9))
    assert asyncio.run(served.remote.progress()) == served.remote.progress_of()


def test_progress_is_streamed_until_it_is_final(served: Served) -> None:
    process = "  more:\n    command: [sleep, '100']\n"
    document = served.write(process)
    number = served.remote.apply_document(ApplyRequest(document=document)).generation
    reply = call_blocking(
        served.place, "GET", f"/v1/apply?generation={number}", accept="text/event-stream"
    )
    told = [line for line in reply.raw.split(b"\n\n") if line]
    states = [json.loads(line.partition(b"data: ")[2])["state"] for line in told]
    assert states[-1] == "converged"
    assert set(states[:-1]) <= {"converging"}
