"""Questions about a moment of the past of a tree, and their answers from its journal."""

from __future__ import annotations

import msgspec

from fsmv2.operate import live_status, worker_questions
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.problem import Problem
from fsmv2.operate.row_folding import Space
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.tree_status import tree_status
from fsmv2.operate.worker_description import WorkerDescription
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_status import WorkerStatus


class TreeThen(msgspec.Struct, frozen=True, tag="tree"):
    """What ran and what was broken."""

    which: WorkerFilter
    space: Space


class WorkerThen(msgspec.Struct, frozen=True, tag="worker"):
    """What a worker was, and why."""

    path: str


class DescriptionThen(msgspec.Struct, frozen=True, tag="description"):
    """All there was to know of a worker."""

    path: str


class ObstaclesThen(msgspec.Struct, frozen=True, tag="obstacles"):
    """What kept a worker from a state."""

    path: str
    state: str


PastQuestion = TreeThen | WorkerThen | DescriptionThen | ObstaclesThen
"""What can be asked of a moment."""

PastAnswer = TreeReport | WorkerStatus | WorkerDescription | StateObstacles
"""What each of them is answered, in the same order."""


class PastTask(msgspec.Struct, frozen=True, kw_only=True):
    """A question to another process. `at`: of which moment, Unix seconds.

    `version`: that of the fsmv2 that runs the tree; `types`: worker types beside the built-in ones,
    as `package.module:Class`; `path`: where modules are looked for.
    """

    version: str
    directory: str
    at: float
    question: PastQuestion
    types: tuple[str, ...] = ()
    path: list[str] = []


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """The answer, as the JSON it is."""

    json: bytes


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Why there is none."""

    problem: Problem


def answer_to(question: PastQuestion, tree: WhichTree) -> PastAnswer:
    """What the journal of a tree says; `tree` has the moment. Blocks, and is busy for a while.

    Raises what `live_or_recorded` does, UnknownPathError and UnknownFilterError.
    """
    if isinstance(question, TreeThen):
        return tree_status(question.which, tree, space=question.space)
    if isinstance(question, DescriptionThen):
        return worker_questions.describe(question.path, tree)
    if isinstance(question, ObstaclesThen):
        return worker_questions.obstacles(question.path, question.state, tree)
    return live_status.why(
        question.path, state_dir=tree.state_dir, types=tree.types, limit=tree.limit, at=tree.at
    )
