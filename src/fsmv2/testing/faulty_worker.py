"""A worker whose collections and actions meet what was planned for them; else they are its own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from typing import Any

from fsmv2.errors import PermanentError
from fsmv2.model import ObservedState
from fsmv2.testing.faults import ACTION_KINDS, COLLECTION_KINDS, FaultKind, PlannedFault
from fsmv2.worker import Worker


# An injected fault is shown by this name, and is no error of fsmv2.
class SimulatedTrouble(Exception):  # noqa: N818
    """What an injected fault raises."""


class NotWhatIsObserved(ObservedState):
    """An observation of a type that nobody asked for."""


class Meeting:
    """What the calls of one run of the program meet; `next_for` says it of each as it begins."""

    def __init__(
        self, next_for: Callable[[str, frozenset[FaultKind]], PlannedFault | None]
    ) -> None:
        self.next_for = next_for
        self.silent_until: dict[str, float] = {}
        self.over = asyncio.Event()
        """Set: no fault goes on from here, what hangs or is deaf ends by itself."""


def make_faulty(
    worker: Worker[Any, Any, Any], path: str, meeting: Meeting, actions: Iterable[str]
) -> None:
    """Have what the runtime calls of this instance meet faults; its steps stay its own."""
    object.__setattr__(worker, "collect_observed_state", _collection(worker, path, meeting))
    for name in actions:
        object.__setattr__(worker, name, _action(getattr(worker, name), path, meeting))


def _action(found: Callable[..., Any], path: str, meeting: Meeting) -> Callable[..., Any]:
    @functools.wraps(found)
    async def faulty(*args: Any, **kwargs: Any) -> Any:
        fault = meeting.next_for(path, ACTION_KINDS)
        if fault is None:
            return await found(*args, **kwargs)
        return await _fail_action(fault, meeting, lambda: found(*args, **kwargs))

    return faulty


def _collection(worker: Worker[Any, Any, Any], path: str, meeting: Meeting) -> Callable[..., Any]:
    found = worker.collect_observed_state

    @functools.wraps(found)
    async def faulty(spec: Any, resources: Any) -> Any:
        silent = meeting.silent_until
        if silent and silent.get(path, 0.0) > asyncio.get_running_loop().time():
            await meeting.over.wait()
        fault = meeting.next_for(path, COLLECTION_KINDS)
        if fault is not None:
            if fault.kind is FaultKind.OBSERVATION_RAISES:
                raise SimulatedTrouble(str(fault))
            if fault.kind is FaultKind.OBSERVATION_WRONG_TYPE:
                return NotWhatIsObserved()
            silent[path] = asyncio.get_running_loop().time() + fault.seconds * 3
            await meeting.over.wait()
        return await found(spec, resources)

    return faulty


async def _fail_action(fault: PlannedFault, meeting: Meeting, call: Callable[[], Any]) -> Any:
    match fault.kind:
        case FaultKind.ACTION_RAISES:
            raise (PermanentError if fault.number % 5 == 0 else SimulatedTrouble)(str(fault))
        case FaultKind.ACTION_HANGS:
            await meeting.over.wait()
            raise SimulatedTrouble(f"{fault}: it hung until the faults were over")
        case FaultKind.ACTION_SUCCEEDS_LATE:
            result = await call()
            await meeting.over.wait()
            return result
    # Deaf: does what it was asked, and hears no cancel for a while.
    result, loop = await call(), asyncio.get_running_loop()
    until = loop.time() + fault.seconds * 4
    while loop.time() < until and not meeting.over.is_set():
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            continue
    return result
