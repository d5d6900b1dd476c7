"""The path of a worker: the names from the root down to it."""

from __future__ import annotations


def join(parent: str, name: str) -> str:
    """The path of a child: names joined by slashes, `%` and `/` inside a name percent-encoded."""
    return f"{parent}/{encode(name)}" if parent else encode(name)


def encode(name: str) -> str:
    """A name as one part of a path."""
    return name.replace("%", "%25").replace("/", "%2F")


def parent_of(path: str) -> str:
    """The path above; empty for a root."""
    return path.rpartition("/")[0]
