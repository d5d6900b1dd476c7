"""What an operator asks of a path and the document does not say: pause, stop, silence, log level,
set.

A paused subtree is observed and derived, and nothing in it is started or restarted; what stops
passes, as it passes every other gate. A stop ranks as disabled. Of a silenced subtree nobody is
notified, and nothing else changes; so it is with a log level. A variable that is set overlays the
user variables of its path, and so of all below. Each is saved with who asked, when and why,
stays in force whatever runs at the path, and ends by its opposite or, but for a pause, at a time
given. One that lasts long is warned of, again and again. At a path where nobody is, all of this
goes on: the timer of the root stands in for one of the path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fsmv2.core.contract.instructions import SaveOverrides
from fsmv2.core.state.conditions import MANAGED
from fsmv2.core.state.override_data import (
    NONE,
    LogLevelOverride,
    Override,
    Overrides,
    VariableOverride,
    overrides_to_json,
    what_it_makes,
)
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree

WHILE_IT_STARTS = 10.0
"""Seconds after the root is made in which most of what is declared comes to be."""

ENDED_BY: Mapping[str, str] = {
    "pause": "resume",
    "stop": "start",
    "silence": "unsilence",
    "log-level": "log-level PATH default",
    "set": "unset",
}
"""The verb that ends each kind."""

# ---- what is asked ------------------------------------------------------------------------------


def pause(tree: Tree, s: Supervisor, who: str, reason: str) -> None:
    """Pause `s` and all below it; asked again it says the new reason."""
    asked = Override(who, reason, tree.wall())
    _put(tree, s.path, _with(of(tree, s.path), pause=asked))
    tree.report("command", s, asked.describe("paused"))
    tree.for_each((s,), "mark", Cause("command", f"paused at {s.path}"), below=True)


def resume(tree: Tree, path: str, who: str) -> None:
    """Let what was paused at `path` go on with what waited meanwhile."""
    _put(tree, path, _with(of(tree, path), pause=None))
    s = _report(tree, path, f"resumed by {who}")
    if s is None:
        return
    cause = Cause("command", f"resumed at {path}")
    tree.for_each((s,), "go on", cause, below=True)
    if s.parent is not None:
        tree.mark(s.parent, cause)  # its checks


def stop(tree: Tree, s: Supervisor, who: str, reason: str, until: float | None) -> None:
    """Have `s` and all below it be as if it were declared disabled, until `start`."""
    asked = Override(who, reason, tree.wall(), until)
    _put(tree, s.path, _with(of(tree, s.path), stop=asked))
    tree.report("command", s, asked.describe("stopped"))
    _switched(tree, s, Cause("command", f"stopped at {s.path}"))


def start(tree: Tree, path: str, who: str) -> None:
    """End a stop: what stands at `path` is again what is declared."""
    _put(tree, path, _with(of(tree, path), stop=None))
    s = _report(tree, path, f"started by {who}")
    if s is not None:
        _switched(tree, s, Cause("command", f"started at {path}"))


def silence(tree: Tree, s: Supervisor, who: str, reason: str, until: float | None) -> None:
    """Have nobody be notified of `s` and what is below it, until `unsilence`."""
    asked = Override(who, reason, tree.wall(), until)
    _put(tree, s.path, _with(of(tree, s.path), silence=asked))
    tree.report("command", s, asked.describe("silenced"))


def unsilence(tree: Tree, path: str, who: str) -> None:
    """Notify of what is at `path` again, of an escalation that still stands as well."""
    _put(tree, path, _with(of(tree, path), silence=None))
    _report(tree, path, f"no longer silenced: requested by {who}")


def log_level(
    tree: Tree, s: Supervisor, level: str, who: str, reason: str, until: float | None
) -> None:
    """Have what is logged of `s` and what is below it begin at this level."""
    asked = LogLevelOverride(who, reason, tree.wall(), until, level)
    _put(tree, s.path, _with(of(tree, s.path), log_level=asked))
    tree.report("command", s, asked.describe(what_it_makes("log-level", "log-level", asked)))


def end_log_level(tree: Tree, path: str, who: str) -> None:
    """Log of what is at `path` what the document says again."""
    _put(tree, path, _with(of(tree, path), log_level=None))
    _report(tree, path, f"logged at the level of the document again: requested by {who}")


def set_variable(
    tree: Tree, s: Supervisor, name: str, value: Any, who: str, reason: str, until: float | None
) -> None:
    """Give a user variable this value at `s`, over what is declared."""
    asked = VariableOverride(who, reason, tree.wall(), until, value)
    before = of(tree, s.path)
    _put(tree, s.path, _with(before, variables={**before.variables, name: asked}))
    tree.tallies.variables_changed(s.depth)
    tree.report("command", s, asked.describe(f"{name} set"))
    cause = Cause("command", f"{name} set at {s.path}")
    tree.for_each((s,), "asked", cause)
    tree.derive_again(s, cause)


def unset_variable(tree: Tree, path: str, name: str, who: str) -> None:
    """Have a user variable be as declared again."""
    before = of(tree, path)
    left = {key: one for key, one in before.variables.items() if key != name}
    _put(tree, path, _with(before, variables=left))
    s = _report(tree, path, f"{name} is as declared again: requested by {who}")
    if s is not None:
        tree.tallies.variables_changed(s.depth)
        cause = Cause("command", f"{name} as declared at {path}")
        tree.for_each((s,), "asked", cause)
        tree.derive_again(s, cause)


# ---- what happens by itself ---------------------------------------------------------------------


def adopt(tree: Tree, s: Supervisor) -> None:
    """A supervisor was made at a path that may have overrides."""
    if not tree.overrides:
        return
    found = tree.overrides.get(s.path)
    if found is not None:
        _attach(tree, s, found)
    if s.parent is None:
        # Most of those below it are made within moments, and then have timers of their own.
        _watch_absent(tree, s, after=WHILE_IT_STARTS)


def left(tree: Tree, path: str) -> None:
    """A supervisor is gone from a path that may have overrides, which stay in force."""
    if path in tree.overrides:
        watch_absent(tree)


def absent(tree: Tree) -> list[str]:
    """The paths that have overrides, and at which nobody is."""
    return [path for path in tree.overrides if path not in tree.by_path]


def warn(tree: Tree, path: str) -> None:
    """Warn of each override of a path that has lasted long; again when that has passed anew."""
    now, every, found = tree.wall(), tree.settings.override_warning, of(tree, path)
    warned: dict[str, float] = {}
    for key, kind, one in found.each():
        at = found.warn_at(key, one, every)
        if at is not None and at <= now:
            described = one.describe(what_it_makes(key, kind, one))
            text = f"{one.lasting(now)}: {described}. `{ENDED_BY[kind]}` ends it"
            _report(tree, path, text, level="warning")
            warned[key] = now
    if warned:
        kept = {key: found.warned[key] for key, *_ in found.each() if key in found.warned}
        _put(tree, path, _with(found, warned={**kept, **warned}))


def clock_was_set(tree: Tree, by: float) -> None:
    """The wall clock was set forward by so many seconds: each keeps the time that it has left."""
    for path, found in list(tree.overrides.items()):
        _put(tree, path, found.moved(by))


def due(tree: Tree, path: str) -> list[tuple[str, str]]:
    """The kinds of a path's overrides that were asked for until now; of a variable, its name, too.

    `stop`, `silence`, `log-level` or `set`.
    """
    now = tree.wall()
    return [
        (kind, key.removeprefix("set ") if kind == "set" else "")
        for key, kind, one in of(tree, path).each()
        if _over(one, now)
    ]


def go_on(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Have one worker that is no longer paused do what waited."""
    if s.recreate_due:
        tree.set_timer(s, "recreate", tree.now)
    tree.mark(s, cause)


# ---- what others ask ----------------------------------------------------------------------------


def of(tree: Tree, path: str) -> Overrides:
    """The overrides of a path, whether somebody is there or not."""
    return tree.overrides.get(path, NONE)


def paused_by(s: Supervisor) -> str:
    """The pause that holds `s`, its own or one above, as words; empty when there is none."""
    return _above(s, lambda found: found.pause, "paused")


def stopped_by(s: Supervisor) -> str:
    """The stop that an operator asked for `s` or above it, as words; empty when there is none."""
    return _above(s, lambda found: found.stop, "stopped")


def is_silenced(overrides: Mapping[str, Overrides], path: str) -> bool:
    """Whether nobody is to be notified of a path; `overrides` by path, from any thread."""
    above = path
    while overrides and above:
        found = overrides.get(above)
        if found is not None and found.silence is not None:
            return True
        above = above.rpartition("/")[0]
    return False


def log_levels(overrides: Mapping[str, Overrides]) -> dict[str, str]:
    """By path, the levels that operators asked for."""
    return {path: one.log_level.level for path, one in overrides.items() if one.log_level}


def override_texts(s: Supervisor) -> tuple[str, ...]:
    """Every override that concerns `s`, its own and those above, as words; long ones say so."""
    if not s.tree.overrides:
        return ()
    now, every = s.tree.wall(), s.tree.settings.override_warning
    texts: list[str] = []
    above: Supervisor | None = s
    while above is not None:
        if above.overrides is not None:
            at = "" if above is s else f" (at {above.path})"
            texts += [f"{text}{at}" for text in above.overrides.texts(now, every)]
        above = above.parent
    return tuple(texts)


def _above(s: Supervisor, which: Callable[[Overrides], Override | None], what: str) -> str:
    if not s.tree.overrides:
        return ""
    above: Supervisor | None = s
    while above is not None:
        found = None if above.overrides is None else which(above.overrides)
        if found is not None:
            return found.describe(what) + ("" if above is s else f" (at {above.path})")
        above = above.parent
    return ""


# ---- inside -------------------------------------------------------------------------------------


def _with(before: Overrides, **changed: Any) -> Overrides:
    return msgspec.structs.replace(before, **changed)


def _put(tree: Tree, path: str, found: Overrides) -> None:
    before = of(tree, path)
    if found:
        tree.overrides[path] = found
    else:
        tree.overrides.pop(path, None)
    if tree.log is not None and before.log_level != found.log_level:
        tree.log.levels_asked(log_levels(tree.overrides))
    if tree.store is not None:
        save(tree, path)
    s = tree.by_path.get(path)
    if s is not None:
        _attach(tree, s, found, reported=True)
    else:
        watch_absent(tree)


def save(tree: Tree, path: str) -> None:
    """Have the overrides of a path written down as they are now."""
    assert tree.store is not None  # noqa: S101  (callers save only where there is a store)
    number = tree.store.overrides_waiting[path] = tree.serial()
    tree.emit(SaveOverrides(path, number, overrides_to_json(of(tree, path))))


def _attach(tree: Tree, s: Supervisor, found: Overrides, *, reported: bool = False) -> None:
    """Let `s` have them; `reported`: who asked for it, or what ended it, is an event of its own."""
    s.overrides = found or None
    text = "; ".join(one for one in (_paused(found), _stopped(found)) if one)
    if text:
        tree.set_condition(s, MANAGED, text, reported=reported)
    elif s.conditions is not None:
        tree.clear_condition(s, MANAGED, reported=reported)
    set_timer(tree, s)


def _paused(found: Overrides) -> str:
    if found.pause is None:
        return ""
    return f"{found.pause.describe('paused')}; it is observed, nothing in it is started"


def _stopped(found: Overrides) -> str:
    return "" if found.stop is None else found.stop.describe("stopped")


def set_timer(tree: Tree, s: Supervisor) -> None:
    """Have the next override of `s` that ends by itself end in time."""
    found = of(tree, s.path)
    due = _next(found, tree.settings.override_warning)
    if due is not None:
        tree.set_timer(s, "override", tree.now + max(0.0, due - tree.wall()))
    else:
        s.timers.pop("override", None)


def watch_absent(tree: Tree) -> None:
    """Have what is due of paths at which nobody is be done in time."""
    root = tree.root
    if root is not None and tree.by_path.get(root.path) is root:
        _watch_absent(tree, root)


def _watch_absent(tree: Tree, root: Supervisor, *, after: float = 0.0) -> None:
    """By a timer of the root, since there is no other; `after`: seconds, at the earliest."""
    every = tree.settings.override_warning
    due = [_next(of(tree, path), every) for path in absent(tree)]
    dates = [one for one in due if one is not None]
    if dates:
        wait = max(after, min(dates) - tree.wall())
        tree.set_timer(root, "absent override", tree.now + wait)
    else:
        root.timers.pop("absent override", None)


def _next(found: Overrides, every: float) -> float | None:
    """When the next of them ends or is warned of, in Unix seconds; None: nothing is due."""
    dates: list[float | None] = []
    for key, _, one in found.each():
        dates += [one.until, found.warn_at(key, one, every)]
    return min((date for date in dates if date is not None), default=None)


def _over(asked: Override, now: float) -> bool:
    return asked.until is not None and asked.until <= now


def _switched(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """It is stopped, or may run again: it decides anew, and its parent's checks look at it."""
    tree.for_each((s,), "asked", cause, below=True)
    tree.mark(s, cause)
    if s.parent is not None:
        tree.mark(s.parent, cause)


def _report(tree: Tree, path: str, text: str, *, level: str = "info") -> Supervisor | None:
    """Report at the path, or at the root when nobody is there; who is there."""
    s = tree.by_path.get(path)
    if s is not None:
        tree.report("command", s, text, level=level)
    elif tree.root is not None:
        tree.report("command", tree.root, f"{path}: {text}", level=level)
    return s
