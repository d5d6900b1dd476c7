"""The routes of the API: strict in what they take, and every error a problem with its fix."""

from __future__ import annotations

import asyncio
import getpass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served_tree import TICKER, call, tree_with_api
from starlette.responses import Response

from fsmv2.api import application
from fsmv2.api.problem_response import ApiError
from fsmv2.api.routes import ROUTES
from fsmv2.core import PauseRequested

REQUESTS = "/v1/requests"


def pause(path: str = TICKER, **more: Any) -> dict[str, Any]:
    return {"verb": "pause", "path": path, **more}


async def test_what_a_tree_is_and_what_runs_in_it(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        overview = (await call(api.place, "GET", "/v1", user_agent="curl/8")).json
        assert overview["document"] == str(tree.document)
        assert overview["who"] == f"{getpass.getuser()} (curl/8)", "as the kernel knows it"
        assert "edge/broker" in overview["unsettled"]
        found = (await call(api.place, "GET", "/v1/workers?path=edge/ticker")).json
        assert [(one["path"], one["state"]) for one in found] == [(TICKER, "running")]
        found = (await call(api.place, "GET", "/v1/workers?type=broker,agent&trouble=true")).json
        # The agent is in trouble as well once its broker has not come for a while.
        assert "edge/broker" in {one["path"] for one in found} <= {"edge", "edge/broker"}
        report = (await call(api.place, "GET", "/v1/tree?lines=40&columns=80")).json
        assert report["workers"] == 3
        assert report["rows"][0]["path"] == "edge/broker", "trouble first"
        why = (await call(api.place, "GET", "/v1/worker?path=edge/ticker")).json
        assert why["node"]["state"] == "running"
        events = (await call(api.place, "GET", "/v1/events?limit=5")).json
        assert [one["id"] for one in events] == sorted(one["id"] for one in events)


async def test_a_request_is_done_durable_and_recorded_with_who_and_why(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        reply = await call(api.place, "POST", REQUESTS, pause(reason="cleaning"))
        assert reply.status == 200
        assert reply.json == {
            "verb": "pause",
            "path": TICKER,
            "text": "edge/ticker is paused",
            "durable": True,
            "not_durable": "",
            "reached": True,
            "pending": {},
            "waited": reply.json["waited"],
            "dry_run": False,
        }
        (override,) = (await call(api.place, "GET", "/v1/overrides")).json
        assert (override["kind"], override["reason"], override["durable"]) == (
            *("pause", "cleaning"),
            True,
        )
        assert override["who"] == getpass.getuser()
        assert (await tree.overrides())[0].path == TICKER


async def test_a_request_waits_for_its_effect_and_says_who_has_not_come_to_it(
    tmp_path: Path,
) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        stop = {"verb": "stop", "path": TICKER}
        assert (await call(api.place, "POST", f"{REQUESTS}?wait=20", stop)).json["reached"]
        assert (await tree.view())[TICKER].state == "stopped"
        start = {"verb": "start", "path": TICKER}
        assert (await call(api.place, "POST", f"{REQUESTS}?wait=20", start)).json["reached"]
        restart = {"verb": "restart", "path": "edge/broker"}
        answer = (await call(api.place, "POST", f"{REQUESTS}?wait=0.5", restart)).json
        assert not answer["reached"]
        assert list(answer["pending"]) == ["edge/broker"]


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        answer = (await call(api.place, "POST", f"{REQUESTS}?dry_run=true", pause())).json
        assert answer["dry_run"]
        refused = await call(
            api.place, "POST", f"{REQUESTS}?dry_run=true", {"verb": "resume", "path": TICKER}
        )
        assert refused.status == 409
        assert await tree.overrides() == []


@pytest.mark.parametrize(
    ("method", "route", "body", "status", "says"),
    [
        ("GET", "/v1/worker?path=edge/tickr", None, 404, "edge/ticker"),
        ("GET", "/v1/worker", None, 400, "path"),
        ("GET", "/v1/workers?paht=x", None, 400, "Known parameters: path"),
        ("GET", "/v1/workers?type=proces", None, 404, "'process'"),
        ("GET", "/v1/workers?path=edge/tickr", None, 404, "edge/ticker"),
        ("GET", "/v1/tree?lines=-1", None, 400, "lines"),
        ("GET", "/v1/workers?path=a&path=b", None, 400, "given twice"),
        ("GET", "/v1/events?limit=0", None, 400, "limit"),
        ("GET", "/v1/events?after=x", None, 400, "after"),
        ("GET", "/v2", None, 404, "/v1/workers"),
        ("DELETE", "/v1/workers", None, 405, "/v1/workers"),
        ("POST", REQUESTS, b"{", 400, "truncated"),
        ("POST", REQUESTS, b"[" * 100_000, 400, ""),
        ("POST", REQUESTS, b"\xff\xfe", 400, ""),
        ("POST", REQUESTS, {"verb": "explode", "path": "edge"}, 400, "explode"),
        ("POST", REQUESTS, {"verb": "pause"}, 400, "path"),
        ("POST", REQUESTS, pause(paht="x"), 400, "paht"),
        ("POST", REQUESTS, pause(path=3), 400, "path"),
        ("POST", REQUESTS, {"verb": "stop", "path": TICKER, "seconds": -1}, 400, "seconds"),
        ("POST", REQUESTS, pause("edge/tickr"), 404, "edge/ticker"),
        ("POST", REQUESTS, {"verb": "resume", "path": TICKER}, 409, "itself is not paused"),
        ("POST", f"{REQUESTS}?wait=1e9", pause(), 400, "wait"),
        ("POST", REQUESTS, b"x" * 1_100_000, 413, "bytes"),
    ],
)
async def test_what_is_wrong_is_a_problem_that_says_what_to_do(
    tmp_path: Path, method: str, route: str, body: Any, status: int, says: str
) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        reply = await call(api.place, method, route, body)
        assert reply.status == status
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json["status"] == status
        assert says in f"{reply.json.get('detail', '')} {reply.json.get('fix', '')}"
        assert await tree.overrides() == [], "nothing has changed"


async def test_a_body_that_is_not_said_to_be_json_is_refused(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        reply = await call(api.place, "POST", REQUESTS, b"{}", content_type="text/plain")
        assert (reply.status, reply.json["title"]) == (415, "Not JSON")


async def test_what_is_sent_twice_with_one_key_is_done_once(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        body = {"verb": "restart", "path": TICKER}
        before = (await tree.view())[TICKER].incarnation
        replies = await asyncio.gather(
            *(call(api.place, "POST", REQUESTS, body, idempotency_key="k1") for _ in range(5))
        )
        assert {reply.raw for reply in replies} == {replies[0].raw}
        await tree.until(lambda view: view[TICKER].incarnation > before, timeout=200)
        assert (await tree.view())[TICKER].incarnation == before + 1
        other = await call(api.place, "POST", REQUESTS, pause(), idempotency_key="k1")
        assert other.status == 422
        wrong = await call(api.place, "POST", REQUESTS, pause(), idempotency_key="a b")
        assert wrong.status == 400


async def test_who_has_it_already_is_told_that_alone(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        first = await call(api.place, "GET", "/v1/overrides")
        again = await call(
            api.place, "GET", "/v1/overrides", if_none_match=f'"x", {first.headers["etag"]}'
        )
        assert (again.status, again.raw) == (304, b"")
        await call(api.place, "POST", REQUESTS, pause())
        later = await call(api.place, "GET", "/v1/overrides", if_none_match=first.headers["etag"])
        assert later.status == 200


async def test_a_fault_of_ours_is_a_problem_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree_with_api(tmp_path) as (tree, api):

        async def breaks(*_: Any, **__: Any) -> Any:
            raise ZeroDivisionError("secret details")

        monkeypatch.setattr(tree, "shared_view", breaks)
        reply = await call(api.place, "GET", "/v1")
        assert reply.status == 500
        assert b"secret" not in reply.raw


async def test_a_request_that_cannot_be_stored_says_in_force_not_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        file = tree.directory / "store.db"
        file.unlink()
        file.mkdir()  # no store can be there
        answer = (await call(api.place, "POST", REQUESTS, pause())).json
        assert not answer["durable"]
        assert answer["not_durable"]
        assert (await tree.view())[TICKER].paused, "in force all the same"
        file.rmdir()


async def test_what_a_client_sends_is_shown_on_one_line_and_moves_no_cursor(
    tmp_path: Path,
) -> None:
    reason = "a\x1b[31m\nedge: fake\u202e\x9b\x7f"
    async with tree_with_api(tmp_path) as (tree, api):
        await call(api.place, "POST", REQUESTS, pause(reason=reason), user_agent="a\x9bb")
        (override,) = await tree.overrides()
        assert override.text.isprintable()
        for route in ("/v1/overrides", "/v1/events", "/v1/worker?path=edge/ticker", "/v1/workers"):
            assert (await call(api.place, "GET", route)).raw.decode().isprintable(), route
        nobody = await call(api.place, "GET", "/v1/worker?path=%E2%80%AE%7F%C2%9B")
        assert nobody.raw.decode().isprintable()


async def test_a_route_with_a_slash_too_many_leads_nowhere(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        assert (await call(api.place, "GET", "/v1/", host="elsewhere")).status == 404


async def test_while_the_tree_stops_and_after_that_a_request_is_told_so(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        stopping = asyncio.ensure_future(tree.stop())
        seen = []
        while not stopping.done():
            seen.append(await call(api.place, "POST", REQUESTS, {"verb": "stop", "path": TICKER}))
        await stopping
        for route in ("/v1", "/v1/workers", "/v1/overrides", "/v1/events"):
            assert (await call(api.place, "GET", route)).status == 200
        seen.append(await call(api.place, "GET", f"/v1/worker?path={TICKER}"))
        seen.append(await call(api.place, "POST", REQUESTS, pause()))
        for reply in seen[1:]:
            assert (reply.status, reply.json["code"]) == (503, "FSM0912")
            assert (
                "the tree is stopping" in reply.json["detail"] or "stopped" in reply.json["detail"]
            )
        assert await tree.overrides() == [] or seen[0].status == 200


async def test_a_store_that_cannot_be_read_is_no_fault_of_the_api(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        file = tree.directory / "store.db"
        file.unlink()
        file.mkdir()
        for accept in ("application/json", "text/event-stream"):
            reply = await call(api.place, "GET", "/v1/events", accept=accept)
            assert (reply.status, reply.json["code"]) in ((503, "FSM0800"), (503, "FSM0801"))
        file.rmdir()


async def test_requests_that_wait_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "MOST_ACTING", 2)
    done, ends = application.Done(), asyncio.Event()

    async def act() -> Response:
        await ends.wait()
        return Response()

    waiting = [asyncio.ensure_future(done.once(key, b"", act)) for key in ("", "k")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for key in ("", "other"):
        with pytest.raises(ApiError) as raised:
            await done.once(key, b"", act)
        assert raised.value.problem.status == 503
    again = asyncio.ensure_future(done.once("k", b"", act))
    ends.set()
    await asyncio.gather(*waiting, again)
    await done.once("other", b"", act)


def test_every_verb_names_what_the_core_is_handed() -> None:
    from typing import get_args

    from fsmv2.operate.request_effects import EFFECTS, done_text, event_of, verb_of
    from fsmv2.operate.request_types import Pause, Request

    assert {*EFFECTS} == {*get_args(Request)}
    event = event_of(Pause(path="a/b", reason="why"), "ann", None)
    assert event == PauseRequested("a/b", "ann", "why")
    assert len({kind.__struct_config__.tag for kind in get_args(Request)}) == len(EFFECTS)
    assert verb_of(Pause(path="a")) == "pause"
    assert done_text(Pause(path="a/b")) == "a/b is paused"


async def worker_tag(place: Path, path: str = TICKER) -> str:
    return (await call(place, "GET", f"/v1/worker?path={path}")).headers["etag"]


async def test_a_request_made_of_what_was_read_is_done_while_that_is_so(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        read = await worker_tag(api.place)
        assert await worker_tag(api.place) == read, "its ages have changed since"
        assert (await tree.why(TICKER)).version == read.strip('"')
        reply = await call(api.place, "POST", REQUESTS, pause(), if_match=read)
        assert reply.status == 200
        late = await call(api.place, "POST", REQUESTS, pause(reason="late"), if_match=read)
        assert (late.status, late.json["code"]) == (412, "FSM0913")
        assert late.json["detail"] == ("edge/ticker has changed since it was read: it is running.")
        assert (await tree.overrides())[0].reason == "", "nothing was done"
        dry = await call(api.place, "POST", f"{REQUESTS}?dry_run=true", pause(), if_match=read)
        assert dry.status == 412
        now = await worker_tag(api.place)
        both = await call(api.place, "POST", REQUESTS, resume(), if_match=f"{read}, {now}")
        assert both.status == 200


def resume() -> dict[str, Any]:
    return {"verb": "resume", "path": TICKER}


async def test_an_override_above_changes_what_was_read(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        read = await worker_tag(api.place)
        await call(api.place, "POST", REQUESTS, pause("edge"))
        assert (await call(api.place, "POST", REQUESTS, pause(), if_match=read)).status == 412


async def test_the_overrides_that_were_read_are_compared_as_well(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        route = f"/v1/overrides?path={TICKER}"
        none = (await call(api.place, "GET", route)).headers["etag"]
        assert (await call(api.place, "POST", REQUESTS, pause(), if_match=none)).status == 200
        one = await call(api.place, "GET", route)
        assert (await call(api.place, "GET", route, if_none_match=one.headers["etag"])).status == (
            304
        )
        assert (await call(api.place, "POST", REQUESTS, resume(), if_match=none)).status == 412
        tag = one.headers["etag"]
        assert (await call(api.place, "POST", REQUESTS, resume(), if_match=tag)).status == 200


async def test_any_version_is_one_of_what_is_there(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        assert (await call(api.place, "POST", REQUESTS, pause(), if_match="*")).status == 200
        gone = await call(api.place, "POST", REQUESTS, pause("edge/nobody"), if_match="*")
        assert gone.status == 404


async def test_what_is_no_etag_is_refused(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        for tag in ("abc", '"a', "", '"a", b'):
            reply = await call(api.place, "POST", REQUESTS, pause(), if_match=tag)
            assert (reply.status, "quotes included" in reply.json["detail"]) == (400, True)
        weak = await call(
            api.place, "POST", REQUESTS, pause(), if_match=f"W/{await worker_tag(api.place)}"
        )
        assert weak.status == 412, "a weak one never matches"
        assert await tree.overrides() == []


async def test_a_key_stands_for_one_condition_too(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        read = await worker_tag(api.place)

        async def ask(tag: str) -> int:
            reply = await call(
                api.place, "POST", REQUESTS, pause(), if_match=tag, idempotency_key="k"
            )
            return reply.status

        assert await ask(read) == 200
        assert await ask(read) == 200, "sent again it is answered as before"
        assert await ask('"other"') == 422


async def test_an_end_of_a_tree_that_changed_since_is_refused(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        leave = {"reason": "exchanged"}
        reply = await call(api.place, "POST", "/v1/leave", leave, if_match='"older"')
        assert (reply.status, tree.leaving) == (412, False)
        read = (await call(api.place, "GET", "/v1")).headers["etag"]
        assert (await call(api.place, "POST", "/v1/leave", leave, if_match=read)).status == 200
        assert tree.leaving


async def test_a_tree_that_does_not_answer_in_time_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = tuple(msgspec.structs.replace(route, within=0.2) for route in ROUTES)
    monkeypatch.setattr(application, "ROUTES", quick)
    async with tree_with_api(tmp_path) as (tree, api):

        async def hangs(*_: Any, **__: Any) -> Any:
            await asyncio.sleep(3600)

        monkeypatch.setattr(tree, "overrides", hangs)
        monkeypatch.setattr(tree, "ask", hangs)
        reply = await call(api.place, "GET", "/v1/overrides")
        assert (reply.status, reply.json["title"]) == (503, "No answer in time")
        assert "may still be carried out" not in reply.json["detail"]
        reply = await call(api.place, "POST", f"{REQUESTS}?wait=0.1", pause())
        assert reply.status == 503
        assert "The request may still be carried out" in reply.json["detail"]
