"""Sequences of calls, along the links of the API's own description: none gives a 5xx."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.adapters import HTTPAdapter
from served_tree import in_a_thread, tree_with_api
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from fsmv2.api import openapi

QUICK = settings(
    max_examples=15,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)

schema = schemathesis.openapi.from_dict(openapi.document())


class UnixAdapter(HTTPAdapter):
    """Requests over a Unix socket, whatever the address says."""

    def __init__(self, place: Path) -> None:
        super().__init__()

        class Connection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                made.settimeout(30)
                made.connect(str(place))
                return made

        class Pool(HTTPConnectionPool):
            ConnectionCls: ClassVar[Any] = Connection

        self._pool = Pool("fsmv2")

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Asks a tree that runs in a thread of its own."""
    with in_a_thread(tree_with_api) as (_, api), requests.Session() as made:
        made.mount("http://", UnixAdapter(api.place))
        yield made


@pytest.mark.thorough
def test_no_sequence_of_calls_gives_an_error_of_the_server(session: requests.Session) -> None:
    statuses: dict[int, int] = {}
    followed: set[str] = set()

    class Workflow(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            if case.query and "wait" in case.query:
                case.query["wait"] = 0  # it would be waited for

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"session": session, "base_url": "http://fsmv2"}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
            followed.add(case.operation.path)
            assert response.status_code < 500, (case.operation.path, case.body, response.content)
            if response.status_code >= 400:
                assert response.headers["content-type"][0] == "application/problem+json"

    Workflow.run(settings=QUICK)
    assert statuses.get(200, 0) > 10, statuses
    assert {"/v1/worker", "/v1/requests"} <= followed
