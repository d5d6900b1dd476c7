"""The table of routes as an OpenAPI 3.1 document; its schemas are those of the types themselves."""

from __future__ import annotations

from typing import Any

import msgspec

import fsmv2
from fsmv2.api.links import Link
from fsmv2.api.problem_response import MEDIA_TYPE
from fsmv2.api.routes import ROUTES, Route
from fsmv2.operate.problem import Problem

REF = "#/components/schemas/{name}"
JSON = "application/json"

IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key within ten minutes, a request is not done again: "
    "its first answer is given.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what the request was decided by, quotes included: of "
    "`GET /v1/worker` or `GET /v1/overrides` with the path of the request; of `GET /v1` for "
    "`/v1/leave`. For `/v1/apply`, `/v1/document` and `/v1/rollback`: the number of the generation "
    'that was read, as in `"3"`. If it has changed meanwhile, nothing is done and 412 is answered.',
    "schema": {"type": "string", "pattern": '^("[!#-~]+"|[*])$', "maxLength": 200},
}

ETAG = {
    "description": "The version of what is answered. That of `GET /v1/worker` changes with the "
    "worker's state, health and overrides, and not with ages, figures and the words of reasons.",
    "schema": {"type": "string"},
}

ALWAYS = {
    400: "The parameters or the body are not as documented; the detail says where.",
    503: "The tree is starting, stopping, or did not answer in time.",
}


def document() -> dict[str, Any]:
    """The OpenAPI document, as plain data."""
    types: list[Any] = [Problem]
    for route in ROUTES:
        types += [route.answer, route.query, *([route.body] if route.body is not None else [])]
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    schema_of = {id(type_): schema for type_, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation = _operation(route, schema_of, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fsmv2",
            "version": fsmv2.__version__,
            "description": "A running tree: its state, and what an operator can do to it.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(
    route: Route, schema_of: dict[int, Any], components: dict[str, Any]
) -> dict[str, Any]:
    content: dict[str, Any] = {
        media: {"schema": schema_of[id(route.answer)]} for media in route.texts or (JSON,)
    }
    if route.streams or route.stream:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content}}
    if route.links:
        responses["200"]["links"] = {name: _link(link) for name, link in route.links.items()}
    acts = route.body is not None and route.changes
    acting = {412: "It has changed since it was read: see If-Match."}
    problems = {**ALWAYS, **(acting if acts else {}), **route.problems}
    if route.body is None:
        responses["200"]["headers"] = {"ETag": ETAG}
    for status, text in sorted(problems.items()):
        responses[str(status)] = {
            "description": text,
            "content": {MEDIA_TYPE: {"schema": schema_of[id(Problem)]}},
        }
    for status, text in route.otherwise.items():
        same = responses.get(str(status), {}).get("content", {})
        responses[str(status)] = {"description": text, "content": {**same, **content}}
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": _parameters(route, components[route.query.__name__]),
        "responses": responses,
    }
    if route.body is not None:
        operation["parameters"] += [IDEMPOTENCY, IF_MATCH] if acts else []
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schema_of[id(route.body)]}},
        }
    return operation


def _link(link: Link) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": link.to.__name__, "description": link.about}
    if link.parameters:
        described["parameters"] = link.parameters
    if link.body is not None:
        described["requestBody"] = link.body
    return described


def _parameters(route: Route, schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of}
        for name, of in schema.get("properties", {}).items()
    ]
