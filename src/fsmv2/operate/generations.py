"""The generations of a tree's document: kept at a start, listed, shown, and compared."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import hashlib
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from fsmv2.errors import UnknownGenerationError
from fsmv2.operate.credential_masks import masked
from fsmv2.operate.state_directory import STORE
from fsmv2.store import Generation, GenerationInfo, Head, SqliteStore, reading

BEGUN_MANAGED = "begun with it"
"""Why the first generation of a managed tree is there."""


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """A digest of each file, as a record of a run keeps them."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def digest_of(files: Mapping[str, bytes]) -> str:
    """One digest of all files and their names."""
    whole = hashlib.sha256()
    for name, digest in sorted(digests_of(files).items()):
        whole.update(f"{name}\0{digest}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def applied_by() -> str:
    """Who applies something here: user and host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def next_generation(
    head: Head | None, files: Mapping[str, bytes], source: str, *, tool: str, why: str
) -> Generation:
    """The generation that follows the head, of these files."""
    return Generation(
        number=1 if head is None else head.number + 1,
        at=time.time(),
        who=applied_by(),
        tool=tool,
        why=why,
        source=source,
        digest=digest_of(files),
        files=files,
    )


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[SqliteStore]:
    """The store in a state directory that nobody else uses; closed at the end."""
    store = SqliteStore(directory / STORE)
    store.open()
    try:
        yield store
    finally:
        store.close()


def history(directory: Path) -> tuple[tuple[GenerationInfo, ...], Head | None]:
    """The generations that are kept, oldest first, and which one runs; also while a tree runs."""
    with reading(directory / STORE) as store:
        return store.history(), store.head()


def generation(directory: Path, number: int | None = None) -> Generation:
    """One generation, or the head; UnknownGenerationError names those that are kept."""
    with reading(directory / STORE) as store:
        head = store.head()
        wanted = number if number is not None else head.number if head is not None else 0
        found = store.generation(wanted)
        if found is not None:
            return found
        kept = [one.number for one in store.history()]
    known = f"{kept[0]} to {kept[-1]}" if kept else "none"
    raise UnknownGenerationError(
        f"generation {wanted} of the document is not kept.", fix=f"Kept are: {known}."
    )


def shown(files: Mapping[str, bytes]) -> dict[str, str]:
    """The text of each file, masked."""
    return {name: masked(data.decode("utf-8", "replace")) for name, data in sorted(files.items())}


def difference(old: Generation, new: Generation) -> str:
    """What changed from one generation to another, as a unified diff; masked.

    A credential that changed is shown as a comment, as it looks the same on both sides.
    """
    parts: list[str] = []
    before, after = shown(old.files), shown(new.files)
    for name in sorted({*before, *after}):
        lines = list(
            difflib.unified_diff(
                before.get(name, "").splitlines(),
                after.get(name, "").splitlines(),
                f"generation {old.number}{f' {name}' if name else ''}",
                f"generation {new.number}{f' {name}' if name else ''}",
                lineterm="",
            )
        )
        same = old.files.get(name) == new.files.get(name)
        if not lines and not same:
            lines = [f"# {name or 'the document'}: only credentials or line ends changed"]
        parts += lines
    return "\n".join(parts)
