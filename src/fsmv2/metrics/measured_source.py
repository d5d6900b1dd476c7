"""What a scrape reads. All of it may be read from any thread, and nothing is changed by it."""

from __future__ import annotations

from typing import Protocol

from fsmv2.core import Core


class DocumentFigures(Protocol):
    """Which generation of the document runs, and whether the file says something else by now."""

    @property
    def generation(self) -> int:
        """Its number; 0 when generations are not kept."""

    @property
    def pinned(self) -> bool:
        """Whether an older generation was made to run again, and changes are not applied."""

    @property
    def differs(self) -> bool:
        """Whether the document is not what runs."""


class Source(Protocol):
    """A tree that can be measured, such as `TreeHandle.measured`."""

    @property
    def core(self) -> Core:
        """Its core."""

    def document(self) -> DocumentFigures | None:
        """Of its document; None for a tree that has none. Blocks for a look at the file."""
