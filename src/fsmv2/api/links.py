"""What can be asked next, with what an answer has: links between the routes of the API.

A program that reads the OpenAPI document finds its way by them, and so does a test that asks for
whole sequences.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.api import route_handlers

WORKERS = "$response.body#/0/path"
WORKER = "$response.body#/node/path"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One link. `to`: the handler of the route it leads to.

    `parameters` and `body` are given to that; in both, `$response…` stands for a part of the answer
    (a runtime expression of OpenAPI).
    """

    to: Any
    about: str
    parameters: dict[str, str] = {}
    body: Any = None


def _request(about: str, verb: str, path: str, **more: Any) -> Link:
    body = {"verb": verb, "path": path, **more}
    return Link(to=route_handlers.request, about=about, body=body)


def _unless_changed(about: str, verb: str) -> Link:
    return Link(
        to=route_handlers.request,
        about=about,
        parameters={"header.If-Match": "$response.header.ETag"},
        body={"verb": verb, "path": WORKER},
    )


OF_WORKERS = {
    "why": Link(to=route_handlers.worker, about="Why it is so", parameters={"path": WORKERS}),
    "pause": _request("Pause it", "pause", WORKERS),
    "stop": _request("Stop it", "stop", WORKERS),
}

OF_WORKER = {
    "restart": _unless_changed("Restart it, unless it has changed meanwhile", "restart"),
    "retry": _unless_changed("Have it retry now, unless it has changed meanwhile", "retry"),
    "pause": _unless_changed("Pause it, unless it has changed meanwhile", "pause"),
    "overrides": Link(
        to=route_handlers.overrides, about="Its overrides", parameters={"path": WORKER}
    ),
    "events": Link(
        to=route_handlers.events, about="What happened to it", parameters={"path": WORKER}
    ),
}

OF_OVERRIDES = {
    "resume": _request("End a pause", "resume", WORKERS),
    "start": _request("End a stop", "start", WORKERS),
    "unset": _request(
        "Reset a variable to its declared value", "unset", WORKERS, name="$response.body#/0/name"
    ),
}

OF_ANSWER = {
    "why": Link(
        to=route_handlers.worker,
        about="Its result",
        parameters={"path": "$response.body#/path"},
    ),
    "overrides": Link(
        to=route_handlers.overrides,
        about="What is in force there",
        parameters={"path": "$response.body#/path"},
    ),
    "resume": _request("End a pause", "resume", "$response.body#/path"),
    "start": _request("End a stop", "start", "$response.body#/path"),
}

OF_EVENTS = {
    "later": Link(
        to=route_handlers.events,
        about="What happened after it",
        parameters={"after": "$response.body#/0/id"},
    ),
}

OF_GENERATIONS = {
    "text": Link(
        to=route_handlers.generation,
        about="Its text",
        parameters={"number": "$response.body#/generations/0/number"},
    ),
    "difference": Link(
        to=route_handlers.difference,
        about="What changed since",
        parameters={"older": "$response.body#/generations/0/number"},
    ),
}
