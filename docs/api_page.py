"""The reference page of the API, read from its table of routes and its types."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import msgspec

from fsmv2.api.monitoring import Version
from fsmv2.api.route_handlers import Overview
from fsmv2.api.routes import ROUTES, Route
from fsmv2.operate.health_data import Health, PartHealth, Readiness
from fsmv2.operate.problem import Problem
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.request_types import Answer, PathOverride, Request
from fsmv2.operate.row_folding import Alike, Folded
from fsmv2.operate.tree_report import TreeHead, TreeReport
from fsmv2.operate.worker_row import WorkerRow

TEXT = """# The API

{note}
HTTP with JSON on the Unix socket `api.sock` in the state directory of a tree, for the user that
runs it; `fsmv2 trees` says where that is. Where its path would be longer than 107 bytes, the socket
is in `$XDG_RUNTIME_DIR/fsmv2`, and `api.sock` a link to it.

```console
$ curl --unix-socket STATE/api.sock 'http://fsmv2/v1/workers?path=edge/filler'
$ curl --unix-socket STATE/api.sock 'http://fsmv2/v1/requests?wait=30' \\
    -H 'content-type: application/json' \\
    -d '{{"verb": "pause", "path": "edge/filler", "reason": "cleaning"}}'
```

`/metrics`, `/healthz`, `/readyz` and `/version`, and no other route, are served over TCP as well
when that is asked for: with `http: {{listen: 127.0.0.1:9410}}` in the document, or with
`fsmv2 run --listen 127.0.0.1:9410`. Every user of the machine can read them there, without a
password; so only loopback addresses can be listened on, and requests for another `Host` are refused
(421). They change nothing and wait for no supervision. A client that does not read what it is sent
is cut off after 30 s.

`GET /v1/openapi.json` describes all of it. Errors are `application/problem+json` with `code` and
`fix`; 400 where something is not as documented, 503 where the tree is starting or stopping, or does
not answer in time. A request with an `Idempotency-Key` that is sent again within ten minutes is not
done again. Who asks is known from the socket, and the tool from `User-Agent`.

What `/v1` and `/v1/workers` answer is made once for all who ask at about the same time: it is at
most 0.1 s old (of some ten thousand workers, 0.5 s), and never older than the end of a request
that was made before. Whoever wants to hear of changes at once watches.

## Watch

`/v1/workers`, `/v1/events`, `/v1/logs` and `/v1/apply` are streams of server-sent events for who
asks with `Accept: text/event-stream`:

```console
$ curl -N --unix-socket STATE/api.sock -H 'accept: text/event-stream' \\
    'http://fsmv2/v1/workers?type=bridge'
event: snapshot
data: {{"head": {{…}}, "rows": [{{"path": "edge/filler", "state": "active", …}}, …]}}

event: changes
data: {{"at": 1764489600.2, "rows": [{{"path": "edge/filler", …}}], "gone": []}}
```

Of workers all that are meant come first, and then those that are another way, at most five times a
second, and less often when there are very many who watch; `gone` are paths that are no more, or no
longer as asked for. Who does not keep up is sent a `snapshot` again when it has read what it has:
what is sent is how things are, so nothing is lost by that. Of events each is sent; who missed some
names the last (`Last-Event-ID`), and is sent `reset` when not all of them are kept. So it is with
lines of the log, each of which is an event `line`; of an exception the last line alone has an id.
Their numbers begin anew with each run of the tree. `dropped` and
`ended` are the last words to one that stays behind, and of a tree that has stopped. A comment comes
every 15 s when nothing else does. A thousand may watch at once; one more is answered 503.

## How it was

`/v1/tree`, `/v1/worker`, `/v1/description` and `/v1/obstacles` answer of a moment of the past what
they would have answered then, by the journal: `at` is that moment, in Unix seconds. `/v1/events`
has `since` and `until`.

```console
$ AT=$(date -d 12:01 +%s)
$ curl --unix-socket STATE/api.sock "http://fsmv2/v1/description?path=edge/filler&at=$AT"
```

A process of its own replays the journal, after everything else on the machine, in at most 60 s and
2 GiB; one question at a time is answered so, and four may wait. 404: nothing is recorded of then,
and the detail says from when to when there is; 409: the journal cannot be replayed up to then.

## Only if nothing has changed

Answers have an `ETag`. Send it back as `If-Match`, and a request is done only if its path is still
as you read it; otherwise nothing is done, and the answer is 412:

```console
$ curl -i --unix-socket STATE/api.sock 'http://fsmv2/v1/worker?path=edge/filler'
etag: "5d0f9c2f61f2a4b7c9e1a0d3"
$ curl --unix-socket STATE/api.sock http://fsmv2/v1/requests \\
    -H 'content-type: application/json' -H 'if-match: "5d0f9c2f61f2a4b7c9e1a0d3"' \\
    -d '{{"verb": "restart", "path": "edge/filler"}}'
{{"title": "Changed since", "status": 412, "detail": "edge/filler is not as it was when …", …}}
```

The ETag of `GET /v1/worker` changes with the instance, its state and health, what is asked of it,
its conditions, and the overrides at its path and above; not with ages, figures and the words of
reasons, so it is always answered in full. That of `GET /v1/overrides` is of the whole list at the
path and below; with it a request can be made of a path at which no worker is. `*` is any, as long
as there is one. `/v1/leave` compares with `GET /v1`. In Python:
`tree.ask(request, unchanged=[status.version])`.

{routes}
## Requests

| verb | fields | what it does |
|---|---|---|
{requests}

## Answers

{answers}"""

ANSWERS = (
    *(
        Overview,
        TreeReport,
        TreeHead,
        WorkerRow,
        Alike,
        Folded,
        PathOverride,
        RecordedEvent,
        Answer,
        Problem,
    ),
    *(Health, PartHealth, Readiness, Version),
)


def api_page(note: str) -> str:
    """The whole page."""
    requests = "\n".join(
        f"| `{kind.__struct_config__.tag}` | {' '.join(_fields(kind))} | {_doc(kind)} |"
        for kind in typing.get_args(Request)
    )
    answers = "\n".join(
        f"### {kind.__name__}\n\n{_doc(kind)}\n\nFields: {' '.join(_fields(kind))}\n"
        for kind in ANSWERS
    )
    routes = "\n".join(map(_route, ROUTES))
    return TEXT.format(note=note, routes=routes, requests=requests, answers=answers)


def _route(route: Route) -> str:
    parts = [
        f"## {route.method} {route.path}",
        f"{route.summary}. Answers {_answer_text(route)}.",
    ]
    if msgspec.structs.fields(route.query):
        parts.append(f"Parameters: {' '.join(_fields(route.query))}. {_doc(route.query)}")
    if route.body is not None:
        parts.append("The body is one of the requests below, with its verb.")
    if route.over_tcp:
        parts.append("Also over TCP, when asked for.")
    if others := {**route.problems, **route.otherwise}:
        found = (f"- {status}: {text}" for status, text in sorted(others.items()))
        parts.append("\n".join(found))
    return "\n\n".join(parts) + "\n"


def _doc(kind: Any) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())


def _fields(kind: type[msgspec.Struct]) -> list[str]:
    return [
        f"`{field.encode_name}{'' if field.required else '?'}`"
        for field in msgspec.structs.fields(kind)
    ]


def _answer_text(route: Route) -> str:
    return "text" if route.texts else _type_text(route.answer)


def _type_text(type_: Any) -> str:
    inner = typing.get_args(type_)
    return f"a list of `{inner[0].__name__}`" if inner else f"one `{type_.__name__}`"
