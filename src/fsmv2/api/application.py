"""The table of routes as an ASGI application.

It decodes strictly, bounds what it reads and how long it works, answers every error as a problem,
and does nothing twice that is sent twice with one key.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as HttpRoute
from starlette.types import ASGIApp

from fsmv2.api import openapi
from fsmv2.api.answers_of_rows import AnswersOfRows
from fsmv2.api.conditional_answers import JSON, answer, if_match
from fsmv2.api.event_stream import EventStream
from fsmv2.api.host_check import HostCheck
from fsmv2.api.json_text import json_of
from fsmv2.api.metrics_text import SharedMetrics
from fsmv2.api.problem_response import ApiError, problem, problem_response
from fsmv2.api.route_handlers import Call, RawAnswer
from fsmv2.api.routes import ROUTES, Route, StreamName
from fsmv2.api.worker_stream import WorkerStream
from fsmv2.containment import ANY_RAISED
from fsmv2.errors import FsmError
from fsmv2.operate import TreeHandle
from fsmv2.operate.past.past_reader import LONGEST
from fsmv2.operate.problem import Problem, problem_of

BODY_WITHIN = 10.0
"""Seconds for a body to arrive."""

KEYS_KEPT, KEY_KEPT_FOR = 1_000, 600.0
"""Idempotency keys that are remembered, and for how many seconds."""

MOST_ACTING = 512
"""Requests that are being carried out; one whose client has gone still waits for its effect."""

STREAM = "text/event-stream"

T = TypeVar("T")

OURS = Problem("Internal error", 500, "This is a fault of fsmv2; see its log.")

log = logging.getLogger("fsmv2.api")


Streams = Mapping[StreamName, EventStream | WorkerStream]
"""What of a tree can be watched."""


class _Served(NamedTuple):
    """What the routes of one application answer of, and from."""

    tree: TreeHandle
    streams: Streams
    metrics: SharedMetrics
    done: Done
    lists: AnswersOfRows


def application(tree: TreeHandle, streams: Streams, metrics: SharedMetrics) -> ASGIApp:
    """The API of one tree, of what can be watched, and of its metrics."""
    served = _Served(tree, streams, metrics, Done(), AnswersOfRows())
    described = msgspec.json.encode(openapi.document())

    async def description(_: Request) -> Response:
        return Response(described, media_type=JSON)

    own = [_http_route(route, served) for route in ROUTES]
    return _starlette([*own, HttpRoute("/v1/openapi.json", description, methods=["GET"])])


def monitoring_application(tree: TreeHandle, streams: Streams, metrics: SharedMetrics) -> ASGIApp:
    """The few routes that are served over TCP, for this machine alone."""
    served = _Served(tree, streams, metrics, Done(), AnswersOfRows())
    return HostCheck(_starlette([_http_route(r, served) for r in ROUTES if r.over_tcp]))


def _http_route(route: Route, served: _Served) -> HttpRoute:
    return HttpRoute(route.path, _endpoint(route, served), methods=[route.method])


def _starlette(routes: list[HttpRoute]) -> Starlette:
    known = ", ".join(sorted({route.path for route in routes}))

    async def not_a_route(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = getattr(error, "headers", None)
        title = {404: "No such route", 405: "Method not allowed"}.get(status, "Internal error")
        return problem_response(Problem(title, status, fix=f"There are: {known}."), headers)

    made = Starlette(
        routes=routes, exception_handlers={HTTPException: not_a_route, Exception: _unexpected}
    )
    made.router.redirect_slashes = False  # its address would be made of the client's `Host`
    return made


def _endpoint(route: Route, served: _Served) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            query = _query(route, request)
            async with asyncio.timeout(route.within + _beside(query)):
                if STREAM in request.headers.get("accept", ""):
                    if route.stream is not None:
                        return _streamed(await route.stream(served.tree, query))
                    if route.streams is not None:
                        last = request.headers.get("last-event-id", "")
                        return await served.streams[route.streams].response(query, last)
                body, raw = await _body(route, request)
                unchanged = if_match(request) if route.body is not None else ()
                call = Call(
                    tree=served.tree,
                    metrics=served.metrics,
                    query=query,
                    body=body,
                    who=who_of(request),
                    lists=served.lists,
                    unchanged=unchanged,
                    accept=request.headers.get("accept", ""),
                    accept_encoding=request.headers.get("accept-encoding", ""),
                )
                if route.body is not None and not route.changes:
                    found = await _while_connected(request, route.handler(call))
                    return Response(json_of(found), media_type=JSON)
                if route.body is None:
                    found = await route.handler(call)
                    raw_answer = isinstance(found, RawAnswer)
                    return _as_it_is(found) if raw_answer else answer(request, found)
                key = _key(request)
                asked = raw + request.scope["query_string"] + repr(unchanged).encode()
                digest = hashlib.blake2b(asked).digest()
                return await served.done.once(key, digest, lambda: _acted(route, call))
        except ApiError as error:
            return problem_response(error.problem, error.headers)
        except FsmError as error:
            return problem_response(problem_of(error))
        except TimeoutError:
            text = f"the tree has not answered within {route.within:g} s: it is busy, or hangs."
            if route.body is not None and route.changes:
                text += " The request may still be carried out."
            return problem_response(
                Problem("No answer in time", 503, text, fix="Try again in a moment.")
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except ANY_RAISED:
            log.exception("%s %s", route.method, route.path)
            return problem_response(OURS)

    return endpoint


def _beside(query: Any) -> float:
    """Seconds for which a call may wait for an effect, or for its turn to have the past read."""
    reading = LONGEST if getattr(query, "at", 0.0) else 0.0
    return reading + float(getattr(query, "wait", 0.0))


def _streamed(lines: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(lines, media_type=STREAM, headers={"cache-control": "no-cache"})


def _as_it_is(found: RawAnswer) -> Response:
    return Response(
        found.body, status_code=found.status, media_type=found.media_type, headers=found.headers
    )


async def _while_connected(request: Request, work: Awaitable[T]) -> T:
    """What `work` gives; it is cancelled when no worker is there any more to be answered."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        gone.cancel()
        working.cancel()


async def _acted(route: Route, call: Call) -> Response:
    try:
        return Response(json_of(await route.handler(call)), media_type=JSON)
    except FsmError as error:  # what it is answered is kept with its key
        return problem_response(problem_of(error))


def who_of(request: Request) -> str:
    """Who asks: the user at the other end of the socket, and the program it says it is."""
    user = request.client.host if request.client is not None else "somebody"
    agent = request.headers.get("user-agent", "")
    tool = "".join(c for c in agent if c.isascii() and c.isprintable())[:60]
    return f"{user} ({tool})" if tool else user


def _query(route: Route, request: Request) -> Any:
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise problem(400, "Not as documented", f"the parameter '{twice}' is given twice.")
    try:
        return msgspec.convert(dict(given), route.query, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(field.name for field in msgspec.structs.fields(route.query))
        fix = f"Known parameters: {known}." if known else "It takes no parameters."
        raise problem(400, "Not as documented", f"{error}.", fix=fix) from None


async def _body(route: Route, request: Request) -> tuple[Any, bytes]:
    if route.body is None:
        return None, b""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        text = f"the body is {kind or 'of no stated type'}, expected {JSON}."
        raise problem(415, "Not JSON", text, fix=f"Send it with `Content-Type: {JSON}`.")
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > route.longest:
                    raise problem(413, "Too long", f"the body is over {route.longest} bytes.")
    except TimeoutError:
        text = f"the body has not arrived within {BODY_WITHIN:g} s."
        raise problem(408, "Too slow", text) from None
    try:
        return msgspec.json.decode(bytes(raw), type=route.body), bytes(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise problem(400, "Not as documented", f"{error}.") from None


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > 200 or not all("!" <= c <= "~" for c in key):
        text = "an Idempotency-Key has 1 to 200 printable ASCII characters without spaces."
        raise problem(400, "Not as documented", text)
    return key


class Done:
    """What was done for which Idempotency-Key, bounded in number and time."""

    def __init__(self) -> None:
        self._acting = 0
        self._known: OrderedDict[str, tuple[bytes, float, asyncio.Task[Response]]] = OrderedDict()

    async def once(
        self, key: str, digest: bytes, act: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Act, or give what the first request with this key was answered, or will be."""
        if not key:
            return await self._counted(act)
        now = asyncio.get_running_loop().time()
        while self._known:
            oldest, (_, at, _) = next(iter(self._known.items()))
            if len(self._known) < KEYS_KEPT and now - at < KEY_KEPT_FOR:
                break
            del self._known[oldest]
        known = self._known.get(key)
        if known is None:
            self._refuse_too_many()
            task = asyncio.ensure_future(self._counted(act))
            self._known[key] = (digest, now, task)
        elif known[0] != digest:
            text = "this Idempotency-Key was used for another request."
            raise problem(422, "Key already used", text, fix="Make a new key for each request.")
        else:
            task = known[2]
        # Shielded: a client that goes away must not undo half of what others wait for.
        return await asyncio.shield(task)

    async def _counted(self, act: Callable[[], Awaitable[Response]]) -> Response:
        self._refuse_too_many()
        self._acting += 1
        try:
            return await act()
        finally:
            self._acting -= 1

    def _refuse_too_many(self) -> None:
        if self._acting >= MOST_ACTING:
            text = f"{self._acting} requests are being carried out already."
            raise problem(503, "Too many at once", text, fix="Try again in a moment.")


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("an unexpected error of the API", exc_info=error)
    return problem_response(OURS)
