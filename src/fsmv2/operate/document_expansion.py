"""What a document declares: the whole tree with each worker's rendered config; nothing is run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from fsmv2.errors import UnknownPathError
from fsmv2.name_suggestions import suggest
from fsmv2.notify.target_description import described
from fsmv2.operate.document_change import change_from_tree
from fsmv2.operate.document_directory import directory_of
from fsmv2.operate.worker_types import known_types
from fsmv2.plant import Plant, load_contents, load_plant
from fsmv2.runtime import ExpandedWorker
from fsmv2.runtime import expand as expand_root


class DocumentExpansion(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of a document, parents before children.

    `change`: how the document differs from the tree that runs; nothing if none does.
    """

    document: Path
    """Its path."""
    plant: Plant
    """What it declares."""
    workers: tuple[ExpandedWorker, ...]
    """Those it comes to."""
    change: str

    @property
    def notifications(self) -> tuple[str, ...]:
        """Who is notified of what: a line for each target of the document."""
        return described(self.plant.notify, self.plant.vault)

    def worker(self, path: str) -> ExpandedWorker:
        """The worker at `path`; UnknownPathError if there is none."""
        known = {worker.path: worker for worker in self.workers}
        if path not in known:
            raise UnknownPathError(
                f"there is no worker '{path}' in {self.document}", fix=suggest(path, known)
            )
        return known[path]

    def below(self, path: str) -> tuple[ExpandedWorker, ...]:
        """The worker at `path` and all below it; UnknownPathError if there is none."""
        top = self.worker(path)
        return (top, *(w for w in self.workers if w.path.startswith(f"{path}/")))


def expand(
    document: Path | str,
    *,
    text: bytes | None = None,
    state_dir: Path | None = None,
    types: Iterable[str] = (),
) -> DocumentExpansion:
    """Expand a document. DocumentError holds everything that is wrong with it.

    `text`: that of the document, which is no file then. `state_dir` is where its tree runs, if not
    in the usual place; `types` name worker types beside the built-in ones.
    """
    document = Path(document)
    plant = load_plant(document) if text is None else load_contents(document, {"": text})
    directory = directory_of(document, state_dir)
    return DocumentExpansion(
        document=document,
        plant=plant,
        workers=expand_root(plant.root, known_types(types, plant.ready), settings=plant.settings),
        change=change_from_tree(document, directory) if text is None else "",
    )
