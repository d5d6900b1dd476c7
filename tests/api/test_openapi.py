"""The OpenAPI document: made of the table of routes, and whole."""

from __future__ import annotations

import json
from typing import Any

from fsmv2.api import openapi
from fsmv2.api.routes import ROUTES


def test_every_route_is_described_and_nothing_else() -> None:
    described = {
        (method.upper(), path)
        for path, methods in openapi.document()["paths"].items()
        for method in methods
    }
    assert described == {(route.method, route.path) for route in ROUTES}


def test_every_reference_leads_somewhere() -> None:
    document = openapi.document()
    text = json.dumps(document)

    def references(of: Any) -> set[str]:
        if isinstance(of, dict):
            own = {of["$ref"]} if isinstance(of.get("$ref"), str) else set()
            return own.union(*(references(value) for value in of.values())) if of else own
        if isinstance(of, list):
            return set().union(*map(references, of)) if of else set()
        return set()

    found = references(document)
    assert found
    for reference in found:
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
    assert "restart" in text
    assert "discriminator" in text
