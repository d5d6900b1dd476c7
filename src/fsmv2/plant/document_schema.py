"""The JSON Schema of a plant's document, made of the types it is decoded to; for editors."""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2 import EngineSettings
from fsmv2.model.decoder.json_schema import json_schema
from fsmv2.model.decoder.key_meanings import key_meanings
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
}
LEVELS_IN_ORDER = f"Levels: {', '.join(LEVELS)}, or more by number."


def document_schema(*, part: bool = False) -> dict[str, Any]:
    """The schema of a document; `part`: of one file of a folder, which need not have all keys."""
    found = json_schema(PlantSection, _describe)
    for struct in (AgentSection, BridgeSection):
        words = f"{key_meanings(struct)['location']} {LEVELS_IN_ORDER}"
        keys = found["definitions"][struct.__name__]["properties"]
        keys["location"] = {**LOCATION, "description": words}
    found["title"] = "A document of fsmv2"
    if part:
        del found["required"]
    return found


def _describe(struct: type[msgspec.Struct], key: str) -> str:
    return key_meanings(EngineSettings).get(key, "") if struct.__name__ == "EngineSection" else ""
