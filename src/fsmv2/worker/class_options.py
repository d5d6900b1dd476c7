"""What a worker class says beside its methods, such as `interval`: each of a type and range.

A slip here, `interval = "5s"` say, would otherwise show when the first worker runs, as an error of
whatever reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsmv2.diagnostic import quoted
from fsmv2.model import Backoff
from fsmv2.model.class_references import STATE_MARK
from fsmv2.name_suggestions import suggest
from fsmv2.worker.decorator import seconds

SECONDS = ("interval", "observe_timeout")
TEXTS = ("worker_type", "runbook")
STATES = ("initial", "stop_state")
FLAGS = ("overlap_safe", "pushes", "is_bridge")
CHOICES = {
    "update_policy": ("recreate", "in_place"),
    "derive_from": ("nothing", "own", "parent"),
}
OPTIONS = (*SECONDS, *TEXTS, *STATES, *FLAGS, *CHOICES, "backoff", "manual_steps")


def faults_of_options(cls: Any, marked: frozenset[str]) -> Iterator[str]:
    """What is wrong with the options of `cls`; names of `marked` methods aside."""
    given = {name: getattr(cls, name) for name in OPTIONS if name not in marked}
    for name in SECONDS:
        for problem in seconds(name, given.get(name, 1.0)):
            yield f"{problem.message} {problem.fix}"
    for name in TEXTS:
        if not isinstance(given.get(name, ""), str):
            yield f"{name} is {quoted(given[name])}, expected text"
    for name in STATES:
        if not isinstance(given.get(name, ""), str) and not hasattr(given[name], STATE_MARK):
            yield f"{name} is {quoted(given[name])}, expected a state, as its name or its method"
    for name in FLAGS:
        if not isinstance(given.get(name, False), bool):
            yield f"{name} is {quoted(given[name])}, expected True or False"
    for name, known in CHOICES.items():
        choice = given.get(name, known[0])
        if choice not in known:
            yield f"{name} is {quoted(choice)}. {suggest(str(choice), known)}"
    if not isinstance(given.get("backoff", Backoff()), Backoff):
        kind = type(given["backoff"]).__name__
        yield f"backoff is a {kind}; write Backoff(base=5, cap=300), say"
    steps = given.get("manual_steps", ())
    if isinstance(steps, str):
        yield "manual_steps is one text; make it a tuple of sentences, one for each step"
    elif not isinstance(steps, list | tuple) or not all(isinstance(one, str) for one in steps):
        yield f"manual_steps is {quoted(steps)}, expected a tuple of sentences"
