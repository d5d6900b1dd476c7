"""The API against its own description: whatever it allows, and what it does not, gives no 5xx.

The state that later calls depend on is in the tree: a path is paused, stopped, resumed, in any
order that schemathesis comes up with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from requests import Request
from served_tree import call_blocking, in_a_thread, tree_with_api

from fsmv2.api import openapi
from fsmv2.api.routes import ROUTES, Route

QUICK = settings(
    max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """The socket of a tree that runs in a thread of its own."""
    with in_a_thread(tree_with_api) as (_, api):
        yield api.place


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.thorough
def test_no_call_that_may_be_made_gives_an_error_of_the_server(route: Route, place: Path) -> None:
    # Not by `parametrize` of schemathesis: its cases, which are made while tests are collected,
    # would cost every process of pytest-xdist more than the tests take.
    import schemathesis
    from schemathesis.pytest.lazy import get_all_tests

    schema = schemathesis.openapi.from_dict(openapi.document())
    schema = schema.include(method=route.method, path=route.path)
    tests = get_all_tests(schema=schema, test_func=answered, settings=QUICK, given_kwargs={})
    [(_, test)] = [found.ok() for found in tests]
    test(place=place)


def answered(case: Any, place: Path) -> None:
    """The call is answered as the description says, and is no error of the server."""
    if case.query and "wait" in case.query:
        case.query["wait"] = 0  # it would be waited for
    if case.query and "at" in case.query:
        case.query["at"] = 0  # a process would be started for each
    made = case.as_transport_kwargs(base_url="http://fsmv2")
    prepared = Request(
        made["method"],
        made["url"],
        params=made.get("params"),
        headers={"content-type": "application/json", **(made.get("headers") or {})}
        if made.get("json") is not None or made.get("data") is not None
        else made.get("headers"),
        json=made.get("json"),
        data=made.get("data"),
    ).prepare()
    body = prepared.body
    raw = body.encode() if isinstance(body, str) else body
    route = prepared.path_url
    headers = {
        name.replace("-", "_"): value
        for name, value in prepared.headers.items()
        if name.lower() not in ("content-length", "accept", "host")
    }
    reply = call_blocking(place, made["method"], route, raw, **headers)
    documented = next((r for r in ROUTES if r.path == route.partition("?")[0]), None)
    if documented is not None and reply.status in documented.otherwise:
        msgspec.json.decode(reply.raw, type=documented.answer)
        return
    assert reply.status < 500, (route, raw, reply.raw)
    if reply.status >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
