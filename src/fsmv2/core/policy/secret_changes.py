"""Secrets that change while the tree runs, as the core sees them: tokens with another digest.

The runtime looks at the files and declares the tree again; here it is decided which worker a change
concerns, and what cannot be read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fsmv2.core.contract.events import SecretsUnread
from fsmv2.core.state.conditions import SECRETS
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model.secrets.vault import digests


def changed_between(tree: Tree, old: Any, new: Any) -> Cause | None:
    """The secrets that have another value in `new` than in `old`, as the cause they are."""
    if not tree.secrets.changed:
        return None  # so that a tree without them pays nothing
    changed: set[str] = set()
    _compare(old, new, changed)
    told = [text for source, text in tree.secrets.changed.items() if source in changed]
    return Cause("secret", "; ".join(told), tree.deciding) if told else None


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


def unread(tree: Tree, event: SecretsUnread) -> None:
    """Note which secrets cannot be read now; nothing stops for it."""
    tree.secrets.unread = " ".join(event.problems)
    if tree.root is not None:
        say_unread(tree, tree.root)


def say_unread(tree: Tree, root: Supervisor) -> None:
    """Have it stand at the root, also of one that was restarted."""
    if tree.secrets.unread:
        tree.set_condition(root, SECRETS, tree.secrets.unread)
    else:
        tree.clear_condition(root, SECRETS)
