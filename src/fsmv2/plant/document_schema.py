"""The JSON Schema of a plant's document, made of the types it is decoded to; for editors."""

from __future__ import annotations

import ast
import functools
import inspect
from typing import Any

import msgspec

from fsmv2 import EngineSettings
from fsmv2.model.decoder.json_schema import json_schema
from fsmv2.model.location import ALIASES, LEVELS, MAX_LEVELS
from fsmv2.plant.sections import AgentSection, BridgeSection, PlantSection

LOCATION: dict[str, Any] = {
    "anyOf": [
        {
            "type": "object",
            "properties": {level: {} for level in (*LEVELS, *ALIASES)},
            "patternProperties": {"^[0-9]{1,2}$": {}},
            "additionalProperties": False,
        },
        {"type": "array", "maxItems": MAX_LEVELS},
        {"type": "null"},
    ],
    "description": f"Where it stands: {', '.join(LEVELS)}, or more levels by number; or a list.",
}


def document_schema(*, part: bool = False) -> dict[str, Any]:
    """The schema of a document; `part`: of one file of a folder, which need not have all keys."""
    found = json_schema(PlantSection, _describe)
    for struct in (AgentSection, BridgeSection):
        found["definitions"][struct.__name__]["properties"]["location"] = LOCATION
    found["title"] = "A document of fsmv2"
    if part:
        del found["required"]
    return found


def _describe(struct: type[msgspec.Struct], key: str) -> str:
    return _of_settings().get(key, "") if struct.__name__ == "EngineSection" else ""


@functools.cache
def _of_settings() -> dict[str, str]:
    """The strings below the settings of the engine, by setting; none where there are no sources."""
    try:
        body = ast.parse(inspect.getsource(EngineSettings)).body[0]
    except (OSError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    waiting: list[str] = []
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)  # fields in a row share one text
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and waiting:
            found |= dict.fromkeys(waiting, " ".join(str(node.value.value).split()))
            waiting = []
    return found
