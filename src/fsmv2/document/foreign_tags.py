"""Tags of other programs, and what a document has in place of each. Called by `node_builder`."""

from __future__ import annotations

import re

from fsmv2.document.yaml_events import Raw

_ENVIRONMENT = frozenset(("!env", "!env_var", "!envvar", "!environ"))
_FILE = frozenset(("!file", "!readfile"))
_SECRET = frozenset(("!secret", "!vault", "!encrypted", "!sops", "!password"))
_INCLUDE = frozenset(("!import", "!inc"))
_REFERENCE = frozenset(("!ref", "!sub", "!getatt", "!var", "!variable", "!input", "!reference"))
_TYPES = frozenset(("!!int", "!!float", "!!bool", "!!timestamp", "!!number"))
_LONGEST = 60
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z")
_SET_HERE = re.compile(r"(global|.*\.variables)\.[^.]+\Z")
"""Paths at which a variable is set."""


def instead_of(raw: Raw, tag: str, path: str) -> str:
    """The fix for a value with a tag; `tag` in its short form."""
    kind, value = tag.casefold(), raw.value[:_LONGEST]
    usable = raw.kind == "scalar" and bool(value) and value.isprintable()
    if usable and kind in _ENVIRONMENT:
        return _source(f"{{env: {value}}}", path)
    if usable and kind in _FILE:
        return _source(f"{{file: {value}}}", path)
    if usable and kind in _SECRET:
        if not _NAME.match(value):
            return _source(f"{{file: {value}}}", path)
        name = re.sub(r"\W", "_", value).upper()
        return _source(f"{{env: {name}}}", path, f" {{file: secrets/{value}}} reads a file.")
    if kind in _SECRET:
        return _source("{file: secrets/NAME}", path, " {env: NAME} reads the environment.")
    if kind in _INCLUDE or kind.startswith("!include"):  # Home Assistant has five of these
        return (
            "Write it here itself. What bridges have in common belongs in `templates:`, and a "
            "folder of documents is read as one."
        )
    if kind in _REFERENCE and _SET_HERE.match(path):
        return "Write the value itself: a variable cannot be made of others."
    if usable and kind in _REFERENCE and _NAME.match(value):
        return f'Variables are written "{{{{ .{value} }}}}", in quotes.'
    if usable and kind in _TYPES:
        return f"Remove the tag: {value}."
    return "Remove the tag. Numbers, true and false need none, and text stands in quotes."


def _source(value: str, path: str, more: str = "") -> str:
    if _SET_HERE.match(path):
        return f"Write {value}.{more}"
    return f'Declare a variable with the value {value}, and use it here as "{{{{ .NAME }}}}".{more}'
