"""The line below the live tree that says that the document is newer than what runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.text import Text


class FollowingTree(Protocol):
    """What follows a document: a `TreeHandle`."""

    @property
    def newer_document(self) -> str:
        """What is known of a document that is newer than what runs."""


class DocumentNote:
    """Made before the tree runs, as the display is; `tree` is set when it does."""

    def __init__(self) -> None:
        self.tree: FollowingTree | None = None

    def __call__(self) -> Iterator[Text]:
        """The line, for as long as it is so."""
        if self.tree is not None and (text := self.tree.newer_document):
            from rich.text import Text

            yield Text(text, "yellow", no_wrap=True, overflow="ellipsis")
