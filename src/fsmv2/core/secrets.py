"""Secrets that change while the tree runs, as the core sees them: tokens with another digest.

The runtime looks at the files and declares the tree anew; here it is told which worker a change
concerns, and what cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fsmv2.core.conditions import SECRETS
from fsmv2.core.records import Cause
from fsmv2.spec.vault import digests

if TYPE_CHECKING:
    from fsmv2.core.events import SecretsUnread
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


class Secrets:
    """What the core knows of them: those that changed, those that cannot be read."""

    __slots__ = ("causes", "changed", "unread")

    def __init__(self) -> None:
        self.changed: dict[str, str] = {}  # by source, what is reported of it
        self.unread = ""
        self.causes: list[Cause] = []  # that were found in the tick of now


def changed_between(core: Core, old: Any, new: Any) -> Cause | None:
    """The secrets that have another value in `new` than in `old`, as the cause they are."""
    if not core.secrets.changed:
        return None  # so that a tree without them pays nothing
    changed: set[str] = set()
    _compare(old, new, changed)
    told = [text for source, text in core.secrets.changed.items() if source in changed]
    return Cause("secret", "; ".join(told), core.tick_id) if told else None


def _compare(old: Any, new: Any, changed: set[str]) -> None:
    """Add the sources of tokens that differ; what both share, nearly all, costs nothing."""
    if old is new:
        return
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        for name in old.__struct_fields__:
            _compare(getattr(old, name), getattr(new, name), changed)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() & new.keys():
            _compare(old[key], new[key], changed)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for pair in zip(old, new, strict=True):
            _compare(*pair, changed)
    else:
        before, now = digests(old), digests(new)
        changed.update(s for s in now if s in before and now[s] - before[s])


def unread(core: Core, event: SecretsUnread) -> None:
    """Note which secrets cannot be read now; nothing stops for it."""
    core.secrets.unread = " ".join(event.problems)
    if core.root is not None:
        say_unread(core, core.root)


def say_unread(core: Core, root: Supervisor) -> None:
    """Have it stand at the root, also of one that was restarted."""
    if core.secrets.unread:
        core.set_condition(root, SECRETS, core.secrets.unread)
    else:
        core.clear_condition(root, SECRETS)
