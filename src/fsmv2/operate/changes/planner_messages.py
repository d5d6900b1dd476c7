"""What a tree and its planner say to each other, over the two pipes between them.

Each message is a frame of `host.side_process`, of MessagePack. The tree sends a `PlanTask`; is
answered that the document is valid, or what is wrong with it; sends the parts of a checkpoint, and
is answered the plan and the plant. Secrets travel in here, and so the messages are shown and kept
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from fsmv2.core.checkpoint.take import CheckpointHeader
from fsmv2.diagnostic import Diagnostic
from fsmv2.model.secrets.vault import VaultContents
from fsmv2.operate.changes.change_plan import ChangePlan


class PlanTask(msgspec.Struct, frozen=True, kw_only=True):
    """A document, and what else a plan of it depends on beside the core.

    `version`: that of the fsmv2 that runs the tree. `types`: worker types beside the built-in ones,
    by the name they are registered under, as `package.module:Class`; `path`: where modules are
    looked for. `generation`: the one that runs, and `digest` of its text.
    """

    version: str
    source: str
    files: dict[str, bytes]
    managed: bool
    directory: str
    secrets_key: bytes
    detect_only: bool
    generation: int
    digest: str
    types: dict[str, str] = {}
    path: list[str] = []


class Valid(msgspec.Struct, frozen=True, tag="valid"):
    """The document is valid; the checkpoint may come."""


class Invalid(msgspec.Struct, frozen=True, tag="invalid"):
    """What is wrong with the document, all of it."""

    diagnostics: list[Diagnostic]


class Unfit(msgspec.Struct, frozen=True, tag="unfit"):
    """This process has other code than the tree, and so it cannot know what that would do."""

    why: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """No plan can be made, of whatever cause."""

    why: str
    fix: str = ""


class CoreState(msgspec.Struct, frozen=True, tag="core"):
    """The parts of a checkpoint follow.

    `settings`: the plain form of what the document that runs says beside its workers. `declared`:
    that of a root, of global variables and of overrides, in place of the parts, where the tree is
    being stopped.
    """

    header: CheckpointHeader
    settings: Any
    declared: Any = None


class PlantEntries(msgspec.Struct, frozen=True, tag="entries"):
    """Some bridges or processes: a number is the place of an equal one in the root that runs."""

    plain: list[Any]


class Planned(msgspec.Struct, frozen=True, tag="planned"):
    """The plan, and the plant but for its bridges and processes, which follow."""

    plan: ChangePlan
    plant: Any
    vault: VaultContents
    bridges: int
    processes: int


FromPlanner = Valid | Invalid | Unfit | Failed | Planned | PlantEntries

encode = msgspec.msgpack.Encoder().encode
decode_answer: Callable[[bytes], FromPlanner] = msgspec.msgpack.Decoder(FromPlanner).decode
