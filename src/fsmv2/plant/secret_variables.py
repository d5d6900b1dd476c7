"""`{env: NAME}` and `{file: path}` as the value of a variable: read once, and a token from then on.

Called when a document is loaded, for `global:` and for the variables of each bridge.
"""

from __future__ import annotations

from typing import Any

from fsmv2 import Diagnostic, SecretError, Vault
from fsmv2.model.decoder import Node
from fsmv2.name_suggestions import nearest

KEYS = frozenset({"env", "file", "default"})

NOT_KNOWN = "unknown"
"""Stands for a secret that cannot be had, so that nothing else is wrong for it."""


class SecretValues:
    """Puts tokens of `vault` where a document asks for secrets; collects what is wrong."""

    def __init__(self, vault: Vault, fatal: list[Diagnostic], warnings: list[Diagnostic]) -> None:
        self._vault = vault
        self._fatal = fatal
        self._warnings = warnings

    def resolve(self, node: Node | None, data: Any, name: str = "") -> Any:
        """`data`, which is what `node` says, with a token for each secret in it.

        `name` is the variable that it is the value of; of a whole section there is none.
        """
        if node is None:
            return data
        if node.kind == "mapping" and isinstance(data, dict):
            if name and is_secret(node):  # of a whole section `env` is a variable
                return self._token(node, name)
            if name and self._was_meant(node):
                return NOT_KNOWN
            above = f"{name}." if name else ""
            return {
                key: self.resolve(node.value.get(key), item, f"{above}{key}")
                for key, item in data.items()
            }
        if node.kind == "sequence" and isinstance(data, list):
            return [self.resolve(*pair, name) for pair in zip(node.value, data, strict=True)]
        return data

    def _token(self, node: Node, name: str) -> str:
        texts = {key: child.value for key, child in node.value.items()}
        for key, value in texts.items():
            if not isinstance(value, str) or not value:
                self._problem(
                    node.value[key], f"`{key}:` of a secret takes a text.", _text_fix(key, value)
                )
                return NOT_KNOWN
        if "env" in texts and "file" in texts:
            self._problem(node, "a secret has `env:` or `file:`, not both.", "Keep one.")
            return NOT_KNOWN
        try:
            if "env" in texts:
                return self._vault.from_environment(
                    texts["env"], texts.get("default"), variable=name
                )
            token = self._vault.from_file(texts["file"], texts.get("default"), variable=name)
        except SecretError as error:
            self._problem(node, error.message, error.fix)
            return NOT_KNOWN
        if self._vault.exposed(texts["file"]):
            self._warnings.append(
                node.problem(
                    "FSM0137",
                    f"every user of this machine can read the secret file '{texts['file']}'.",
                    fix="Remove that permission: chmod o-r on it.",
                    warning=True,
                )
            )
        return token

    def _was_meant(self, node: Node) -> bool:
        """Whether a mapping is a secret with a key that secrets do not have; told then."""
        if len(node.value.keys() & {"env", "file"}) != 1:
            return False
        for key in node.value.keys() - KEYS:
            if key == "type":
                self._problem(
                    node.value[key],
                    "a secret has no `type:`, it is always text.",
                    "For a password leave it out. A port or another number cannot be secret: write "
                    "it itself, as a plain variable.",
                )
                return True
            if near := nearest(str(key), ["default"]):
                self._problem(
                    node, f"a secret has no key '{key}'.", f"Did you mean '{near}'?", key=key
                )
                return True
        return False

    def _problem(self, node: Node, message: str, fix: str, key: str | None = None) -> None:
        self._fatal.append(node.problem("FSM0136", message, fix=fix, key=key))


def _text_fix(key: str, value: Any) -> str:
    """The fix for what stands in the place of a text."""
    if isinstance(value, bool | int | float):
        return f'Put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}".'
    what = {"env": "the name of one variable of the environment", "file": "the path of one file"}
    return f"Write {what.get(key, 'one text')}."


def is_secret(node: Node) -> bool:
    """Whether a mapping is a secret: nothing but `env:` or `file:`, perhaps with a `default:`."""
    keys = set(node.value)
    return keys <= KEYS and bool(keys & {"env", "file"})
