"""An answer as JSON or YAML: just the data that it is, for programs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from fsmv2.cli.console import put, put_json
from fsmv2.escaping import printable

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
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where it is there
    data = msgspec.to_builtins(value, enc_hook=str)

    def dumped(allow_unicode: bool) -> str:
        text: str = yaml.dump(
            data, Dumper=dumper, sort_keys=False, allow_unicode=allow_unicode, width=100
        )
        return text

    text = dumped(allow_unicode=True)
    # Line separators would be read back as spaces, and marks of direction mislead who reads.
    return text if printable(text) == text else dumped(allow_unicode=False)
