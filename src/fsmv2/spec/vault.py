"""Secrets: values read from the environment or a file, which nothing but their user ever sees.

Derive, templates, the core, the store and every door handle *tokens*: texts that name where a
secret comes from, with a keyed digest that changes when it does. The runtime puts the value in when
it hands a spec or a config to a collection or an action, and takes it out of what comes back. Made
when a document is loaded, or by programs; each tree has its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import msgspec

from fsmv2.errors import SecretError, suggest

T = TypeVar("T")

LONGEST = 64 * 1024
"""Bytes of a secret file; more is no password but a mistake."""

PATH_FIX = "Correct the path; it is relative to the folder of the document."

SHORTEST = 4
"""Characters from which a secret is taken out of texts; shorter ones would make rubbish of them."""

_LEFT = re.compile(r"\*\*\*\s*(?:env|file)\s*:", re.IGNORECASE)


def holds_secret(text: str) -> bool:
    """Whether a token, whole or in part, stands in a text."""
    return _LEFT.search(text) is not None


class Vault:
    """The secrets of one tree. `bool(vault)`: whether there are any."""

    def __init__(
        self, folder: Path | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        """`folder` is what the paths of secret files are relative to; default: where we are."""
        self._folder = folder if folder is not None else Path()
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._key = secrets.token_bytes(16)
        self._values: dict[str, str] = {}  # by token
        self._forms: list[tuple[str, str]] = []  # what may stand in a text → token, longest first

    def __bool__(self) -> bool:
        return bool(self._values)

    def __repr__(self) -> str:
        return f"<Vault of {len(self._values)} secrets>"

    # ---- taking in ---------------------------------------------------------------------------

    def from_environment(self, name: str, default: str | None = None) -> str:
        """The token of an environment variable; SecretError: it is not set, or empty."""
        value = self._environ.get(name, default)
        if value is None:
            near = suggest(name, self._environ).partition(" Known:")[0]
            hint = near if near.startswith("Did you mean") else ""
            raise SecretError(
                f"the environment variable '{name}' is not set.",
                fix=f"{hint} Set it, or add `default:`.".strip(),
            )
        return self._keep(f"env:{name}", value)

    def from_file(self, path: str, default: str | None = None) -> str:
        """The token of a file's content, without its last line end; SecretError: what is wrong."""
        file = self._folder / path
        try:
            if not file.exists() and default is not None:
                return self._keep(f"file:{path}", default)
            if not file.is_file():
                what = "is not there" if not file.exists() else "is not a regular file"
                raise SecretError(f"the secret file '{file}' {what}.", fix=PATH_FIX)
            with file.open("rb") as opened:
                content = opened.read(LONGEST + 1)
            if len(content) > LONGEST:
                raise SecretError(f"the secret file '{file}' has more than {LONGEST} bytes.")
            value = content.decode()
        except OSError as error:
            raise SecretError(f"the secret file '{file}': {error.strerror}.") from None
        except UnicodeDecodeError:
            raise SecretError(f"the secret file '{file}' is not UTF-8 text.") from None
        return self._keep(f"file:{path}", value.removesuffix("\n").removesuffix("\r"))

    def exposed(self, path: str) -> bool:
        """Whether everybody on this machine may read a secret file."""
        try:
            return bool((self._folder / path).stat().st_mode & 0o004)
        except OSError:
            return False

    def _keep(self, source: str, value: str) -> str:
        if not value:
            raise SecretError(f"the secret {source} is empty.", fix="Set it, or leave it out.")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise SecretError(f"the secret {source} is not UTF-8 text.") from None
        if len(value) > LONGEST:
            raise SecretError(f"the secret {source} has more than {LONGEST} characters.")
        digest = hashlib.blake2b(value.encode(), key=self._key, digest_size=6).hexdigest()
        token = f"***{source}#{digest}***"
        if token not in self._values:
            self._values[token] = value
            if len(value) >= SHORTEST:
                self._forms += [(form, token) for form in _forms(value)]
                self._forms.sort(key=lambda pair: -len(pair[0]))
        return token

    # ---- putting in, taking out --------------------------------------------------------------

    def reveal(self, value: T) -> T:
        """`value` with every token replaced by its secret, at any depth; shares what has none.

        SecretError: a token was changed on its way, by a filter of a template say.
        """
        return _mapped(value, self._revealed) if self._values else value

    def redact(self, value: T) -> T:
        """`value` with every secret replaced by its token, at any depth; shares what has none."""
        return _mapped(value, self._redacted) if self._forms else value

    def _revealed(self, text: str) -> str:
        if "***" not in text:
            return text
        for token, secret in self._values.items():
            text = text.replace(token, secret)
        if _LEFT.search(text):
            raise SecretError(
                "a secret was changed before it was used.",
                fix="Use it as it is, without filters; a secret is text, and not for numbers.",
            )
        return text

    def _redacted(self, text: str) -> str:
        for form, token in self._forms:
            if form in text:
                text = text.replace(form, token)
        return text


def _forms(value: str) -> set[str]:
    """How a value may stand in a text: plain, escaped, in a URL, as base64."""
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return {
        value,
        repr(value)[1:-1],
        *escaped,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with `change` applied to every text in it; the same object where nothing changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, bytes):
        text = value.decode("utf-8", "surrogateescape")
        changed = change(text)
        return value if changed is text else changed.encode("utf-8", "surrogateescape")
    if isinstance(value, Mapping):
        items = {_mapped(k, change): _mapped(v, change) for k, v in value.items()}
        same = len(items) == len(value) and all(
            a is c and b is d for (a, b), (c, d) in zip(items.items(), value.items(), strict=True)
        )
        return value if same else items
    if isinstance(value, list | tuple | set | frozenset):
        made = [_mapped(item, change) for item in value]
        if all(a is b for a, b in zip(made, value, strict=True)):
            return value
        kind = type(value)
        return kind(*made) if hasattr(value, "_fields") else kind(made)
    if isinstance(value, msgspec.Struct):
        fields = {
            name: changed
            for name in value.__struct_fields__
            if (changed := _mapped(old := getattr(value, name), change)) is not old
        }
        return msgspec.structs.replace(value, **fields) if fields else value
    return value
