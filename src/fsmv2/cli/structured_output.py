"""An answer as JSON or YAML: just the data that it is, for programs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from fsmv2.cli.console import put, put_json

Format = Literal["table", "wide", "name", "json", "yaml"]


def chosen_format(output: Format | None, *, as_json: bool) -> Format:
    """The format that is asked for; `--json` is short for `-o json`."""
    return "json" if as_json else output or "table"


def put_structured(value: Any, format_: Format) -> bool:
    """Print it if it is asked for as data; whether it was."""
    if format_ == "json":
        put_json(value)
    elif format_ == "yaml":
        put(as_yaml(value), end="")
    return format_ in ("json", "yaml")


def as_yaml(value: Any) -> str:
    """Any answer as YAML."""
    from fsmv2.cli.yaml_text import yaml_text

    return yaml_text(msgspec.to_builtins(value, enc_hook=str))
