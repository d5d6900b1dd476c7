"""The reference page of the API, read from its table of routes and its types."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import msgspec

from fsmv2.api.problem import Problem
from fsmv2.api.route_handlers import Overview, RecordedEvent, WorkerSummary
from fsmv2.api.routes import ROUTES, Route
from fsmv2.operate.request_types import Answer, PathOverride, Request

TEXT = """# The API

{note}
HTTP with JSON on the Unix socket `api.sock` in the state directory of a tree, for the user that
runs it; `fsmv2 trees` says where that is. Where its path would be longer than 107 bytes, the socket
is in `$XDG_RUNTIME_DIR/fsmv2`, and `api.sock` a link to it.

```console
$ curl --unix-socket STATE/api.sock http://fsmv2/v1/workers?path=edge/filler
$ curl --unix-socket STATE/api.sock http://fsmv2/v1/requests?wait=30 \\
    -H 'content-type: application/json' \\
    -d '{{"verb": "pause", "path": "edge/filler", "reason": "cleaning"}}'
```

`GET /v1/openapi.json` describes all of it. Errors are `application/problem+json` with `code` and
`fix`; 400 where something is not as documented, 503 where the tree is starting or stopping, or does
not answer in time. Answers have an `ETag`. A request with an `Idempotency-Key` that is sent again
within ten minutes is not done again. Who asks is known from the socket, and the tool from
`User-Agent`.

{routes}
## Requests

| verb | fields | what it does |
|---|---|---|
{requests}

## Answers

{answers}"""

ANSWERS = (Overview, WorkerSummary, PathOverride, RecordedEvent, Answer, Problem)


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
        f"{route.summary}. Answers {_type_text(route.answer)}.",
    ]
    if msgspec.structs.fields(route.query):
        parts.append(f"Parameters: {' '.join(_fields(route.query))}. {_doc(route.query)}")
    if route.body is not None:
        parts.append("The body is one of the requests below, with its verb.")
    if route.problems:
        found = (f"- {status}: {text}" for status, text in sorted(route.problems.items()))
        parts.append("\n".join(found))
    return "\n\n".join(parts) + "\n"


def _doc(kind: Any) -> str:
    return " ".join((inspect.getdoc(kind) or "").split())


def _fields(kind: type[msgspec.Struct]) -> list[str]:
    return [
        f"`{field.encode_name}{'' if field.required else '?'}`"
        for field in msgspec.structs.fields(kind)
    ]


def _type_text(type_: Any) -> str:
    inner = typing.get_args(type_)
    return f"a list of `{inner[0].__name__}`" if inner else f"one `{type_.__name__}`"
