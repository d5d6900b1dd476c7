"""Which commands were executed lately, by the id their senders gave them: each only once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from fsmv2.flow.write.command import Answer, Command

KEPT = 600.0
"""Seconds an executed command is remembered."""
MOST = 10_000
"""Commands remembered; beyond them the oldest is forgotten earlier."""


class Known(msgspec.Struct):
    """A command with an id: waiting or under way, or executed and answered."""

    asked: Any
    at: float
    command: Command | None
    answer: Answer | None = None


class SeenCommands:
    """Outlives a change of the flow's config; kept by the engine, by the name of the flow."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def find(self, tag: str, id_: str, now: float) -> Known | None:
        """The command of this tag with this id, if one is remembered. Ids are those of a tag."""
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if now - oldest.at <= KEPT and len(self._known) <= MOST:
                break
            del self._known[key]
        return self._known.get((tag, id_)) if id_ else None

    def accept(self, command: Command, now: float) -> None:
        """It waits from now on; a second one with its id is the same."""
        if command.id:
            known = Known(command.asked, now, command)
            self._known[command.register.path, command.id] = known

    def answered(self, command: Command, answer: Answer) -> None:
        """It is over. One that certainly changed nothing may be sent again under its id."""
        known = self._known.get((command.register.path, command.id))
        if known is None or known.command is not command:
            return
        if answer.outcome in ("written", "unknown"):
            known.command, known.answer = None, answer
        else:
            del self._known[command.register.path, command.id]
