"""Secrets: values read from the environment or a file, which nothing but their user ever sees.

Derive, templates, the core, the store and every interface handle *tokens*: texts that name where a
secret comes from, with a keyed digest that changes when it does. The runtime puts the value in when
it hands a spec or a config to a collection or an action, and takes it out of what comes back. Made
when a document is loaded, or by programs; each tree has its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fsmv2.errors import SecretError
from fsmv2.host.file_signature import Signature, signature
from fsmv2.model.data.text_map import map_texts
from fsmv2.model.secrets.redaction import SHORTEST, Cut, cuts, forms, redacted
from fsmv2.model.secrets.secret_file import LONGEST, read_secret
from fsmv2.name_suggestions import suggest

T = TypeVar("T")

FORMER = 16
FORMER_FOR = 3600.0
"""Replaced values of one source that are still taken out of texts: so many at least, and each for
so many seconds. Who was handed one may still say it: a stopping worker, a device's late answer."""

REMEMBERED = 1000
"""Tokens of replaced values that are still known for what they are; they hold no value."""

_TOKEN = re.compile(r"\*\*\*((?:env|file):.+?)#([0-9a-f]{12})\*\*\*", re.DOTALL)
_TOKEN_OR_NOT = re.compile(r"(\*\*\*(?:env|file):.+?#[0-9a-f]{12}\*\*\*)", re.DOTALL)
_LEFT = re.compile(r"\*\*\*\s*(?:env|file)\s*:", re.IGNORECASE)


def holds_secret(text: str) -> bool:
    """Whether a token, whole or in part, stands in a text."""
    return _LEFT.search(text) is not None


def digests(value: Any) -> dict[str, set[str]]:
    """The digests of all tokens in a value, by source (`env:NAME`, `file:path`)."""
    found: dict[str, set[str]] = {}

    def note(text: str) -> str:
        if "***" in text:
            for source, digest in _TOKEN.findall(text):
                found.setdefault(source, set()).add(digest)
        return text

    map_texts(value, note)
    return found


class Former(msgspec.Struct, frozen=True):
    """A value that was replaced at `at`, seconds of the clock of who replaced it."""

    source: str
    token: str
    at: float


class VaultContents(msgspec.Struct, frozen=True, kw_only=True):
    """What a vault holds, values of secrets included: for another process of the same tree alone.

    `values` and `sources` by token; `current`, `names` of variables, by source.
    """

    folder: str
    relative_files: bool
    values: dict[str, str]
    sources: dict[str, str]
    current: dict[str, str]
    names: dict[str, list[str]]
    defaulted: list[str]


class Vault:
    """The secrets of one tree. `bool(vault)`: whether there are any.

    What is changed here is made anew and put in place at once: threads that read need no lock;
    those that change it while a tree runs have one, see `DeclaredRoot`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        relative_files: bool = True,
        key: bytes | None = None,
    ) -> None:
        """`folder` is what the paths of secret files are relative to; default: where we are.

        `environ`: variables of the environment; default: those of this process.
        `relative_files`: whether a secret file may be relative at all. `key`: that of another
        vault, so that the same value has the same token in both; None: one of its own.
        """
        self.relative_files = relative_files
        self._folder = folder if folder is not None else Path()
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self.key = key if key is not None else secrets.token_bytes(16)
        self._values: dict[str, str] = {}  # by token, those of before that may still be said too
        self._cuts: list[Cut] = []
        self._looked_for: tuple[dict[str, str], list[tuple[str, str]]] = ({}, [])
        self._sources: dict[str, str] = {}  # by token, oldest first
        self._current: dict[str, str] = {}  # the token that counts, by source
        self._names: dict[str, list[str]] = {}  # of the variables, by source
        self._defaulted: set[str] = set()
        self._dropped: dict[str, str] = {}  # the last token, by source that is not declared now
        self._former: list[Former] = []

    def __bool__(self) -> bool:
        return bool(self._values)

    def __repr__(self) -> str:
        return f"<Vault of {len(self._current)} secrets>"

    def contents(self) -> VaultContents:
        """All that `of` needs for another one like it, but for the key and what was replaced."""
        return VaultContents(
            folder=str(self._folder),
            relative_files=self.relative_files,
            values=self._values,
            sources=self._sources,
            current=self._current,
            names=self._names,
            defaulted=sorted(self._defaulted),
        )

    @classmethod
    def of(cls, contents: VaultContents, key: bytes) -> Vault:
        """The vault whose contents these are; `key` is its key."""
        made = cls(Path(contents.folder), relative_files=contents.relative_files, key=key)
        made._values, made._sources = contents.values, contents.sources
        made._current, made._names = contents.current, contents.names
        made._defaulted = set(contents.defaulted)
        return made

    # ---- taking in ---------------------------------------------------------------------------

    def from_environment(self, name: str, default: str | None = None, *, variable: str = "") -> str:
        """The token of an environment variable; SecretError: it is not set, or empty.

        `variable` is the name under which it is used, for messages about it.
        """
        value = self._environ.get(name, default)
        if value is None:
            near = suggest(name, self._environ).partition(" Known:")[0]
            hint = near if near.startswith("Did you mean") else ""
            raise SecretError(
                f"the environment variable '{name}' is not set.",
                fix=f"{hint} Set it, or add `default:`.".strip(),
            )
        return self._keep(f"env:{name}", value, variable)

    def from_file(self, path: str, default: str | None = None, *, variable: str = "") -> str:
        """The token of a file's content, without its last line end; SecretError: what is wrong.

        While the tree runs the file is looked at again and again; see `replace`.
        """
        if not self.relative_files and not os.path.isabs(path):
            raise SecretError(
                f"the secret file '{path}' is relative, and the document is in no folder.",
                fix="Write its whole path, beginning with /.",
            )
        file = self._folder / path
        if default is not None and not os.path.exists(file):
            self._defaulted |= {path}
            return self._keep(f"file:{path}", default, variable)
        return self._keep(f"file:{path}", read_secret(file), variable)

    def exposed(self, path: str) -> bool:
        """Whether everybody on this machine may read a secret file."""
        try:
            return bool((self._folder / path).stat().st_mode & 0o004)
        except OSError:
            return False

    def _keep(self, source: str, value: str, variable: str) -> str:
        if not value:
            raise SecretError(f"the secret {source} is empty.", fix="Set it, or leave it out.")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise SecretError(f"the secret {source} is not UTF-8 text.") from None
        if len(value) > LONGEST:
            raise SecretError(f"the secret {source} has more than {LONGEST} characters.")
        digest = hashlib.blake2b(value.encode(), key=self.key, digest_size=6).hexdigest()
        token = f"***{source}#{digest}***"
        if variable and variable not in self._names.setdefault(source, []):
            self._names[source] = [*self._names[source], variable]
        self._sources = {**self._sources, token: source}
        if token not in self._values:
            self._values = {**self._values, token: value}
        self._current = {**self._current, source: token}  # last: from here on it is given out
        return token

    @property
    def _forms(self) -> list[tuple[str, str]]:
        """What to look for in texts, and the token it stands for; the longest first."""
        values = self._values
        made_of, found = self._looked_for
        if made_of is not values:
            pairs = [
                (form, token)
                for token, value in values.items()
                if len(value) >= SHORTEST
                for form in forms(value)
            ]
            found = sorted(pairs, key=lambda pair: -len(pair[0]))
            self._cuts = [
                cut
                for token, value in values.items()
                if len(value) >= SHORTEST
                for cut in cuts(value, token)
            ]
            self._looked_for = (values, found)
        return found

    # ---- while the tree runs -----------------------------------------------------------------

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all secret files."""
        return tuple(s.removeprefix("file:") for s in self._current if s.startswith("file:"))

    def place(self, path: str) -> Path:
        """Where a secret file is."""
        return self._folder / path

    def signature(self, path: str) -> Signature:
        """What differs when a file was changed; empty when it is not there. One `stat`."""
        return signature(self._folder / path)

    def read(self, path: str) -> str:
        """What a secret file says now; takes nothing over. SecretError: what is wrong with it."""
        value = read_secret(self._folder / path)
        if not value:
            raise SecretError(
                f"the secret file '{self._folder / path}' is empty.",
                fix="Write the secret into it; best under another name, and rename it then.",
            )
        return value

    def counts(self, path: str, value: str) -> bool:
        """Whether this is the value of a secret file that counts now, or it is declared no more."""
        token = self._current.get(f"file:{path}")
        return token is None or self._values.get(token) == value

    def may_be_absent(self, path: str) -> bool:
        """Whether the default of a secret file counts, because it was never there."""
        return path in self._defaulted

    def replace(self, path: str, value: str, now: float) -> str:
        """Take over the changed content of a file, and say so: `PASSWORD changed (file plc)`.

        What bears a token of before is revealed with this value from now on; the value of before
        is still taken out of texts. Nothing, if the file is declared no more. `now`: seconds of any
        clock that only goes forward.
        """
        source = f"file:{path}"
        if source not in self._current:
            return ""
        former = Former(source, self._current[source], now)
        self._keep(source, value, "")
        self._defaulted -= {path}
        self._former.append(former)
        self._forget(now)
        return f"{self.named(path)} changed (file {path})"

    def take_over(self, new: Vault, now: float) -> None:
        """Have the secrets of a document that is declared from now on, and no others.

        `new` was made with the key of this one while that document was read. A value that is known
        here as a former one was read before it was replaced, and does not come back. What is not
        declared any more is still revealed to who stops with it, and taken out of texts, for a
        while. `now` is as in `replace`.
        """
        mine, theirs = self._current, new._current
        # A token that is known here is the one that counts, or one whose value was replaced.
        current = {
            source: mine[source] if source in mine and token in self._sources else token
            for source, token in theirs.items()
        }
        self._former += [
            Former(source, token, now)
            for source, token in mine.items()
            if current.get(source) != token
        ]
        self._dropped = {
            source: token
            for source, token in {**self._dropped, **mine}.items()
            if source not in current
        }
        self._sources = {**self._sources, **new._sources}
        self._values = {**self._values, **new._values}
        self._names, self._defaulted = new._names, set(new._defaulted)
        self._folder, self.relative_files = new._folder, new.relative_files
        self._current = current  # last: from here on they are given out
        self._forget(now)

    def named(self, path: str) -> str:
        """The variables that a secret file is read for, or its path."""
        names = self._names.get(f"file:{path}", [])
        more = [f"{len(names) - 3} more"] if len(names) > 3 else []
        return " and ".join(names[:3] + more) or path

    def current(self, value: T) -> T:
        """`value` with each token of a value that was replaced as that of the one that counts."""
        if not self._former:
            return value
        made: T = map_texts(value, lambda text: self._put(text, self._token))
        return made

    def _token(self, source: str) -> str | None:
        """The token that counts of a source, or counted when it was declared last."""
        return self._current.get(source) or self._dropped.get(source)

    def _forget(self, now: float) -> None:
        """Drop values that nobody can say any more: memory must not grow with each change. H39"""
        counted: dict[str, int] = {}
        kept: list[Former] = []
        for one in reversed(self._former):
            counted[one.source] = counted.get(one.source, 0) + 1
            few = counted[one.source] <= FORMER and one.source not in self._dropped
            if few or now - one.at < FORMER_FOR:
                kept.append(one)
        if len(kept) < len(self._former):
            needed = {one.token for one in kept} | set(self._current.values())
            self._values = {t: value for t, value in self._values.items() if t in needed}
        self._former = kept[::-1]
        self._dropped = {s: token for s, token in self._dropped.items() if token in self._values}
        without = [token for token in self._sources if token not in self._values]
        gone = set(without[: max(0, len(without) - REMEMBERED)])
        self._sources = {t: source for t, source in self._sources.items() if t not in gone}

    # ---- putting in, taking out --------------------------------------------------------------

    def reveal(self, value: T) -> T:
        """`value` with every token replaced by its secret, at any depth; shares what has none.

        SecretError: a token was changed on its way, by a filter of a template say.
        """
        return map_texts(value, self._revealed) if self._values else value

    def redact(self, value: T) -> T:
        """`value` with every secret replaced by its token, at any depth; shares what has none.

        Never raises. An object that cannot be copied, or that hides a secret where none can
        reach it, becomes a text.
        """
        return map_texts(value, self._redacted, opaque=True) if self._forms else value

    def redactions(self, value: Any) -> tuple[tuple[str, str], ...]:
        """What may stand in a text of the secrets in `value`, and their tokens; longest first."""
        found: set[str] = set()

        def look(text: str) -> str:
            found.update(token for form, token in self._forms if form in text)
            return text

        map_texts(value, look)
        return tuple(pair for pair in self._forms if pair[1] in found)

    def _revealed(self, text: str) -> str:
        if "***" not in text:
            return text
        values = self._values

        def value(source: str) -> str | None:
            token = self._token(source)
            return None if token is None else values.get(token)

        text = self._put(text, value)
        if _LEFT.search(text):
            raise SecretError(
                "a secret was changed before it was used.",
                fix="Use it as it is, without filters; a secret is text, and not for numbers.",
            )
        return text

    def _put(self, text: str, made: Callable[[str], str | None]) -> str:
        """`text` with what `made` gives for its source in place of each token that is known."""
        if "***" not in text:
            return text
        sources = self._sources

        def one(found: re.Match[str]) -> str:
            source = sources.get(found.group())
            put = None if source is None else made(source)
            return found.group() if put is None else put

        return _TOKEN.sub(one, text)

    def _redacted(self, text: str) -> str:
        return redacted(text, self._forms, self._cuts, keep=_TOKEN_OR_NOT)
