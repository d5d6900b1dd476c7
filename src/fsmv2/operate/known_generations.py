"""The generations of a document, asked of the tree that runs, or read from its store.

A tree that answers is asked through its API. Of one that does not run, does not answer, or is of an
older fsmv2 the store is read, and nothing is written to it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.errors import ApiUnavailableError
from fsmv2.operate import generations
from fsmv2.operate.changes.generation_outcomes import named_at_the_deadline
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.state_directory import STORE, holder
from fsmv2.store import GenerationInfo, Head

T = TypeVar("T")


class DocumentHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The generations that are kept, oldest first. `head`: which one runs, and how.

    `not_converged`: by number, who had not converged at the deadline, and why, as text.
    """

    generations: tuple[GenerationInfo, ...]
    head: Head | None
    not_converged: dict[int, str] = {}


class GenerationText(msgspec.Struct, frozen=True, kw_only=True):
    """One generation. `files`: the text of each by name, '' for a document of one file; masked."""

    about: GenerationInfo
    files: dict[str, str]


class GenerationDifference(msgspec.Struct, frozen=True, kw_only=True):
    """What changed from one generation to another, as a unified diff; masked, empty: nothing."""

    older: int
    newer: int
    text: str


class KnownGenerations:
    """Those of one tree. UnknownGenerationError names those that are kept; StoreError: none is."""

    def __init__(self, document: Path | None, state_dir: Path | None, *, tool: str) -> None:
        """Of the tree that is meant, which need not run; see `running_trees`."""
        self._directory = kept_directory(document, state_dir)
        self._tool = tool

    def history(self) -> DocumentHistory:
        """All that are kept."""
        return self._asked(
            lambda tree: tree.get("/v1/generations", {}, DocumentHistory),
            lambda: history_in(self._directory),
        )

    def text(self, number: int | None = None) -> GenerationText:
        """One of them as it was written, or the head."""
        query = {"number": str(number or 0)}
        return self._asked(
            lambda tree: tree.get("/v1/generation", query, GenerationText),
            lambda: text_in(self._directory, number),
        )

    def difference(self, older: int, newer: int | None = None) -> GenerationDifference:
        """What changed from one to another, or to the head."""
        query = {"older": str(older), "newer": str(newer or 0)}
        return self._asked(
            lambda tree: tree.get("/v1/difference", query, GenerationDifference),
            lambda: difference_in(self._directory, older, newer),
        )

    def _asked(self, ask: Callable[[RemoteTree], T], read: Callable[[], T]) -> T:
        if holder(self._directory):
            try:
                return ask(RemoteTree(self._directory, tool=self._tool))
            except ApiUnavailableError:
                pass  # the store says the same
        return read()


def history_in(directory: Path) -> DocumentHistory:
    """The generations in the store of a state directory."""
    found, head = generations.history(directory)
    late = [one.number for one in found if one.outcome in ("not converged", "rolled back")]
    named = {number: named_at_the_deadline(directory / STORE, number) for number in late}
    return DocumentHistory(
        generations=found, head=head, not_converged={k: v for k, v in named.items() if v}
    )


def text_in(directory: Path, number: int | None) -> GenerationText:
    """One generation in the store of a state directory, or its head."""
    found = generations.generation(directory, number)
    about = {name: getattr(found, name) for name in GenerationInfo.__struct_fields__}
    return GenerationText(about=GenerationInfo(**about), files=generations.shown(found.files))


def difference_in(directory: Path, older: int, newer: int | None) -> GenerationDifference:
    """What changed between two generations in the store of a state directory."""
    old = generations.generation(directory, older)
    new = generations.generation(directory, newer)
    text = generations.difference(old, new)
    return GenerationDifference(older=old.number, newer=new.number, text=text)
