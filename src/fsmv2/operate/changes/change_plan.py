"""What a change of the document would do to a tree, as data: nothing here is done.

Every value is text that may be shown: secrets and credentials are masked.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.operate.request_types import PathOverride

Action = Literal["add", "remove", "recreate", "interrupt", "reconfigure", "start", "stop", "derive"]
"""What would be done to a worker.

`recreate`: stopped, and a new instance started. `reconfigure`: the instance that runs goes on with
another spec, config or declaration. `start`, `stop`: it stays what it is, and is asked to run or
to stop, since it was enabled or disabled, say. `interrupt`: it is stopped until another that it
requires is up again. `derive`: it looks at what it is given, and comes to the same for itself.
"""

_VERBS: dict[Action, str] = {
    "add": "adds",
    "remove": "removes",
    "recreate": "restarts",
    "interrupt": "interrupts",
    "reconfigure": "reconfigures",
    "start": "starts",
    "stop": "stops",
    "derive": "derives again",
}


UNKNOWN = ": unknown"
"""How a secret ends of which nobody can know here whether it changed."""


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field with another value, such as `output.0.topic`; None: the field is not there."""

    field: str
    before: str | None = None
    after: str | None = None


class Predecessor(msgspec.Struct, frozen=True, kw_only=True):
    """Who has to let go of `claim` first, such as `the device 10.0.0.1:502`, and why it does.

    `paused`: an operator paused it, and it keeps the claim until it is resumed.
    """

    path: str
    claim: str
    why: str = ""
    paused: bool = False


class WorkerChange(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done to the worker at `path`, of this `type` afterwards, and why.

    `config`: the fields of its rendered config and its declaration that differ. `problems`: what
    would be wrong with it then, and is not now: a template that cannot be rendered. `overrides`:
    what an operator asked for and stays in force at the path. `unknown`: what is known only after
    the change was applied, because it depends on what will be observed. `waits_for`: whose device,
    topic, port or file it takes over, and so who comes first.
    """

    path: str
    type: str
    action: Action
    why: str = ""
    config: tuple[FieldChange, ...] = ()
    problems: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    waits_for: tuple[Predecessor, ...] = ()


class VariableChange(msgspec.Struct, frozen=True, kw_only=True):
    """A variable with another value where it is declared: at `path`, or `global.NAME` at the root.

    `workers`: the paths of exactly those whose config or spec would be another one because of it.
    """

    path: str
    name: str
    before: str | None = None
    after: str | None = None
    workers: tuple[str, ...] = ()


class RestartKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the document, by its place, that a running tree cannot take over, and `why`."""

    key: str
    before: str | None
    after: str | None
    why: str


class ChangePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a document would change in a tree.

    `generation` is the one it was made against, 0 if none; `digest` that of the text that would
    become the next one, `source` where it came from; `same_text`: the text is that of the
    generation. `actions_digest` is the same whenever the same would be done, in any process.

    `workers` are those to whom something would be done, parents first; `untouched` is the number
    of all others. `overrides` are all that are in force. `secrets` says of each one that changed
    only that it did. `settings` are taken over while the tree runs; `needs_restart` are keys for
    which it has to be stopped and run again, so that the change as a whole cannot be applied.

    `refused`: why `apply` would refuse it as things are, such as for a key that needs a restart;
    empty: it would not. It is a change all the same.
    """

    generation: int = 0
    digest: str = ""
    source: str = ""
    actions_digest: str = ""
    same_text: bool = False
    workers: tuple[WorkerChange, ...] = ()
    untouched: int = 0
    variables: tuple[VariableChange, ...] = ()
    topics_added: tuple[str, ...] = ()
    topics_removed: tuple[str, ...] = ()
    overrides: tuple[PathOverride, ...] = ()
    secrets: tuple[str, ...] = ()
    needs_restart: tuple[RestartKey, ...] = ()
    refused: str = ""
    settings: tuple[FieldChange, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything would be done or differ; not for another comment or order of keys."""
        secrets = [one for one in self.secrets if not one.endswith(UNKNOWN)]
        return bool(
            self.workers or self.variables or secrets or self.settings or self.needs_restart
        )

    @property
    def touched(self) -> tuple[str, ...]:
        """The paths of the workers to whom something would be done and who are there afterwards."""
        return tuple(one.path for one in self.workers if one.action != "remove")

    @property
    def removes(self) -> tuple[str, ...]:
        """The paths of the workers that would be removed."""
        return tuple(one.path for one in self.workers if one.action == "remove")

    @property
    def counts(self) -> dict[Action, int]:
        """To how many workers each of these would be done; without those that nobody meets."""
        found: dict[Action, int] = {}
        for action in _VERBS:
            number = sum(one.action == action for one in self.workers)
            if number:
                found[action] = number
        return found

    @property
    def summary(self) -> str:
        """The disruption in one line: `restarts 3, reconfigures 7, 412 untouched`."""
        parts = [f"{_VERBS[action]} {number}" for action, number in self.counts.items()]
        if self.needs_restart:
            parts.append(f"{len(self.needs_restart)} {_keys(len(self.needs_restart))} a restart")
        return ", ".join([*(parts or ["touches no worker"]), f"{self.untouched} untouched"])


def with_digest(plan: ChangePlan) -> ChangePlan:
    """`plan` with the digest of all that it would do; reasons, which name times, do not count."""
    done = (
        [_without_reasons(one) for one in plan.workers],
        [(v.path, v.name, v.before, v.after) for v in plan.variables],
        [(k.key, k.before, k.after) for k in plan.needs_restart],
        (plan.topics_added, plan.topics_removed, plan.secrets, plan.settings),
    )
    digest = hashlib.sha256(msgspec.json.encode(done)).hexdigest()
    return msgspec.structs.replace(plan, actions_digest=digest)


def _without_reasons(one: WorkerChange) -> WorkerChange:
    waits = tuple(msgspec.structs.replace(wait, why="") for wait in one.waits_for)
    return msgspec.structs.replace(one, why="", waits_for=waits)


def _keys(number: int) -> str:
    return "key needs" if number == 1 else "keys need"
