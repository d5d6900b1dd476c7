"""A bundle of a PLC with all tiers, as a scope for templates."""

from __future__ import annotations

import msgspec

from fsmv2.model import (
    VariableBundle,
    location_variables,
)

BUNDLE = VariableBundle.trusted(
    {
        "IP": "10.0.0.1",
        "PORT": 502,
        "on": True,
        "off": False,
        "l": [1, 2, 3],
        "d": {"a": {"b": 1.5}, "keys": "K", "0": "zero", 1: "one"},
        "not": "n",
        "true": "t",
        "self": "s",
        "evil": "{{ .IP }}",
        "brace": "{",
        "location": location_variables({"0": "acme", "site": "cologne"}),
        "word": "unknown",
    },
    {"items": "G", "rate": "500ms"},
    {"id": "agent/x"},
)


SCOPE = BUNDLE.flatten()


class Inner(msgspec.Struct, frozen=True):
    """A struct within a structure."""

    host: str
    port: int | str
