"""What a change would do: one core as it is, beside the same core that was handed the change.

Both decide by themselves how far they go; here it is only compared what they came to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from fsmv2.core import Core, Declared
from fsmv2.diagnostic import Diagnostic
from fsmv2.model import ChildSpec
from fsmv2.model.secrets.vault import digests
from fsmv2.operate.active_overrides import overrides_in
from fsmv2.operate.changes.change_plan import ChangePlan, RestartKey, with_digest
from fsmv2.operate.changes.document_settings import DocumentSettings, live_changes, restart_keys
from fsmv2.operate.changes.topic_changes import topic_changes
from fsmv2.operate.changes.variable_changes import variable_changes
from fsmv2.operate.changes.worker_changes import untouched, worker_changes
from fsmv2.runtime.foresight import foresee


def compare(
    before: Core,
    after: Core,
    root: ChildSpec,
    *,
    settings_before: DocumentSettings | None = None,
    settings_after: DocumentSettings | None = None,
    secrets_known: bool = True,
    warnings: Iterable[Diagnostic] = (),
    based_on: int = 0,
    digest: str = "",
    source: str = "",
    same_text: bool = False,
) -> ChangePlan:
    """The plan of a document whose root is `root`; both cores are of one checkpoint, and used up.

    Neither was handed anything since: `after` is handed the root here. `secrets_known`: whether the
    tokens of both have digests by one key, so that another digest is another value. Settings are
    compared if both are given. `warnings`: what the document itself is not well in.
    """
    old = before.root.declared if before.root is not None else None
    overrides = tuple(overrides_in(before))
    secrets = tuple(_secrets(old, root, known=secrets_known))
    declared = root
    if old is not None and old.name != root.name:  # it is refused, and what else would be done?
        declared = msgspec.structs.replace(root, name=old.name)
    engine = None if settings_after is None else settings_after.engine
    globals_ = declared.user_spec.variables.global_
    now = foresee(before)
    then = foresee(after, Declared(declared, globals_, "plan", {}, engine))
    workers = worker_changes(now, then)
    added, removed = topic_changes(now, then)
    was, is_ = settings_before, settings_after
    if was is None or is_ is None:
        was = is_ = DocumentSettings()
    needs_restart = tuple(restart_keys(was, is_, old, root))
    return with_digest(
        ChangePlan(
            generation=based_on,
            digest=digest,
            source=source,
            same_text=same_text,
            workers=tuple(workers),
            untouched=untouched(then, workers),
            variables=tuple(variable_changes(before, after, now, then, workers)),
            topics_added=added,
            topics_removed=removed,
            overrides=overrides,
            secrets=secrets,
            needs_restart=needs_restart,
            refused=restart_needed(needs_restart),
            settings=tuple(live_changes(was, is_)),
            warnings=tuple(warnings),
        )
    )


def restart_needed(keys: tuple[RestartKey, ...]) -> str:
    """Why a document with these keys is refused; empty: there are none."""
    if not keys:
        return ""
    named = ", ".join(one.key for one in keys)
    return f"fsmv2 has to be restarted for {named}; nothing else of it would be applied either"


def _secrets(old: ChildSpec | None, new: ChildSpec, *, known: bool) -> Iterator[str]:
    """Of each secret whose value changed that it did, never what."""
    before, after = digests(old), digests(new)
    for source in sorted({*before, *after}):
        if source not in before:
            yield f"{source}: added"
        elif source not in after:
            yield f"{source}: removed"
        elif not known:
            yield f"{source}: unknown"
        elif before[source] != after[source]:
            yield f"{source}: changed"
