"""What a document would change of a generation that is kept, or of another document: nothing runs.

By the same core, in which nothing is observed. Secrets are not read: whether one changed is not
known here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from fsmv2.core import Core, Declared
from fsmv2.model.secrets.unread_vault import UnreadVault
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.operate.document_contents import contents_of
from fsmv2.operate.generations import digest_of, generation
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.worker_types import known_types
from fsmv2.plant import Plant, load_contents


def plan_offline(
    document: Path,
    against: str,
    *,
    text: bytes | None = None,
    state_dir: Path | None = None,
    types: Iterable[str] = (),
) -> ChangePlan:
    """What `document` would change of `against`: the number of a generation, or a document.

    The generation is one that the tree of `document` keeps. `text`: that of the
    document, which is no file then. DocumentError, UnknownGenerationError,
    StoreError: why there is no plan.
    """
    new = contents_of(document) if text is None else {"": text}
    number, source, old = 0, Path(against), {}
    if against.isdecimal():
        kept = generation(kept_directory(document, state_dir), int(against))
        number, source, old = kept.number, Path(kept.source), dict(kept.files)
    else:
        old = contents_of(source)
    before, after = _read(source, old), _read(document, new)
    return compare(
        _declared(before, types),
        _declared(before, types),
        after.root,
        settings_before=DocumentSettings.of(before),
        settings_after=DocumentSettings.of(after),
        secrets_known=False,
        warnings=after.diagnostics,
        based_on=number,
        digest=digest_of(new),
        source=os.path.abspath(document),
        same_text=digest_of(new) == digest_of(old),
    )


def _read(source: Path, files: Mapping[str, bytes]) -> Plant:
    return load_contents(source, files, vault=UnreadVault())


def _declared(plant: Plant, types: Iterable[str]) -> Core:
    """A core that has just been handed what a plant declares."""
    core = Core(known_types(types, plant.ready), plant.settings)
    core.handle(Declared(plant.root, plant.root.user_spec.variables.global_, "plan"), 0.0)
    while not core.quiet(0.0):
        core.run(0.0)
    core.take()
    return core
