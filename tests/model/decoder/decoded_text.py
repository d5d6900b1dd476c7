"""A YAML text decoded as a type: the value, or the problems."""

from __future__ import annotations

from typing import Any

import msgspec
from document_plant import Connection

from fsmv2.diagnostic import Diagnostic
from fsmv2.document import Document, scan_yaml
from fsmv2.model.decoder import decode


class Tree(msgspec.Struct, kw_only=True):
    """A struct that contains itself."""

    name: str
    children: list[Tree] = []


def read(text: str, type_: Any) -> Any:
    """The value of `a: text`."""
    node = scan_yaml(f"a: {text}", "plant.yaml").validated().root.get("a")
    assert node is not None
    value, problems = decode(node, type_)
    assert problems == []
    return value


def problems_of(text: str, type_: Any, path: str | None = None) -> list[str]:
    """code, path and message of each problem of `a: text`."""
    node = scan_yaml(f"a: {text}", "plant.yaml").validated().root.get("a")
    assert node is not None
    value, problems = decode(node, type_, path=path)
    assert value is None
    return [f"{p.code} {p.path} {p.message} {p.fix}".rstrip() for p in problems]


def problems_rendered(plant: Document, **values: Any) -> list[Diagnostic]:
    """Problems of the template rendered for the bridge."""
    template, variables = plant.node_of("templates.plc"), plant.node_of("bridges[0].variables")
    assert template is not None
    assert variables is not None
    data = {"host": "10.0.0.1", "port": 150200, "timeout": "1s"} | values
    node = template.render(
        lambda scalar: data[scalar.path.rpartition(".")[2]], lambda steps: variables.get(*steps)
    )
    return decode(node, Connection, path="bridges[0].connection")[1]
