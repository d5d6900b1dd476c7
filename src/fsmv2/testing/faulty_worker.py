"""A worker whose collections and actions meet what was planned for them; else they are its own."""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from fsmv2.errors import PermanentError
from fsmv2.spec import ObservedState
from fsmv2.testing.faults import Fault, FaultKind
from fsmv2.worker import Worker

ACTION_KINDS = frozenset(kind for kind in FaultKind if kind.value.startswith("action"))
COLLECTION_KINDS = frozenset(
    {
        FaultKind.OBSERVATION_RAISES,
        FaultKind.OBSERVATION_STALE,
        FaultKind.OBSERVATION_WRONG_TYPE,
    }
)


class SimulatedTrouble(Exception):  # noqa: N818  (it is one on purpose, and says so)
    """What an injected fault raises."""


class NotWhatIsObserved(ObservedState):
    """An observation of a type that nobody asked for."""


class Armed:
    """The faults that wait for the next action or collection of one path."""

    def __init__(self, struck: Callable[[Fault], None]) -> None:
        self.actions: deque[Fault] = deque(maxlen=4)
        self.collections: deque[Fault] = deque(maxlen=4)
        self.silent_until = 0.0
        self.over = False
        """No fault goes on from here: what hangs or is deaf ends by itself."""
        self.struck = struck

    def arm(self, fault: Fault) -> None:
        """Have the next action or collection meet this, or the next two or three."""
        queue = self.actions if fault.kind in ACTION_KINDS else self.collections
        queue.extend([fault] * (1 + fault.number % 3))


def make_faulty(worker: Worker[Any, Any, Any], armed: Armed, actions: Iterable[str]) -> None:
    """Have what the runtime calls of this instance meet what is armed; its steps stay its own."""
    object.__setattr__(worker, "collect_observed_state", _collection(worker, armed))
    for name in actions:
        object.__setattr__(worker, name, _action(getattr(worker, name), armed))


def _action(found: Callable[..., Any], armed: Armed) -> Callable[..., Any]:
    @functools.wraps(found)
    async def faulty(*args: Any, **kwargs: Any) -> Any:
        if not armed.actions:
            return await found(*args, **kwargs)
        fault = armed.actions.popleft()
        armed.struck(fault)
        return await _fail_action(fault, armed, lambda: found(*args, **kwargs))

    return faulty


def _collection(worker: Worker[Any, Any, Any], armed: Armed) -> Callable[..., Any]:
    found = worker.collect_observed_state

    @functools.wraps(found)
    async def faulty(spec: Any, resources: Any) -> Any:
        now = asyncio.get_running_loop().time()
        if not armed.over and armed.silent_until > now:
            await _hang(armed)
        if armed.collections:
            fault = armed.collections.popleft()
            armed.struck(fault)
            if fault.kind is FaultKind.OBSERVATION_RAISES:
                raise SimulatedTrouble(str(fault))
            if fault.kind is FaultKind.OBSERVATION_WRONG_TYPE:
                return NotWhatIsObserved()
            armed.silent_until = now + fault.seconds * 3
            await _hang(armed)
        return await found(spec, resources)

    return faulty


async def _fail_action(fault: Fault, armed: Armed, call: Callable[[], Any]) -> Any:
    match fault.kind:
        case FaultKind.ACTION_RAISES:
            raise (PermanentError if fault.number % 5 == 0 else SimulatedTrouble)(str(fault))
        case FaultKind.ACTION_HANGS:
            await _hang(armed)
            raise SimulatedTrouble(f"{fault}: it hung until the faults were over")
        case FaultKind.ACTION_SUCCEEDS_LATE:
            result = await call()
            await _hang(armed)
            return result
    # Deaf: does what it was asked, and hears no cancel for a while.
    result, loop = await call(), asyncio.get_running_loop()
    until = loop.time() + fault.seconds * 4
    while loop.time() < until and not armed.over:
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            continue
    return result


async def _hang(armed: Armed) -> None:
    while not armed.over:  # noqa: ASYNC110  (who polls on a virtual clock costs nothing)
        await asyncio.sleep(1.0)
