"""The verbs of an operator, typed: for a tree in this process, and for one in another.

Each takes who asks and why, which are recorded, and `wait`: for how many seconds its effect is
waited for. RequestRefusedError says why something cannot be done now; then nothing has changed.
UnknownPathError: nobody is there; the fix names the nearest path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any

from fsmv2.operate.request_types import (
    Acknowledge,
    Answer,
    LogLevelName,
    Pause,
    Request,
    ResetLogLevel,
    Restart,
    Resume,
    Retry,
    SetLogLevel,
    SetVariable,
    Signal,
    Silence,
    Start,
    Stop,
    UnsetVariable,
    Unsilence,
)


class Verbs(ABC):
    """What an operator may have done; each verb asks for one request."""

    @abstractmethod
    async def ask(
        self,
        request: Request,
        *,
        who: str = "program",
        wait: float = 0.0,
        dry_run: bool = False,
        unchanged: Collection[str] = (),
    ) -> Answer:
        """Do what is asked; `dry_run`: only see whether it could be.

        `unchanged`: if the path has none of these versions by then, ChangedSinceError.
        """

    async def pause(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Start nothing at `path` and below until it is resumed; observation and stops go on.

        From the moment this returns nothing there is written to a machine either; a write that was
        sent already may still be confirmed. It is no lockout and no safety function. It outlasts a
        restart of the program.
        """
        return await self.ask(Pause(path=path, reason=reason), who=who, wait=wait)

    async def resume(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Let what was paused at `path` go on."""
        return await self.ask(Resume(path=path, reason=reason), who=who, wait=wait)

    async def stop_path(
        self,
        path: str,
        *,
        reason: str = "",
        seconds: float | None = None,
        who: str = "program",
        wait: float = 0.0,
    ) -> Answer:
        """Stop what is at `path` and below, as if it were declared disabled.

        Until `start_path`, or for so many `seconds`; it outlasts a restart of the program. From the
        moment this returns nothing there is written to a machine.
        """
        request = Stop(path=path, reason=reason, seconds=seconds)
        return await self.ask(request, who=who, wait=wait)

    async def start_path(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """End a stop of `path`: what is there is again what is declared."""
        return await self.ask(Start(path=path, reason=reason), who=who, wait=wait)

    async def set_variable(
        self,
        path: str,
        name: str,
        value: Any,
        *,
        reason: str = "",
        seconds: float | None = None,
        who: str = "program",
        wait: float = 0.0,
    ) -> Answer:
        """Give the user variable `name` this value at `path` and below, over what is declared.

        Until `unset_variable`, or for so many `seconds`. It has to be a variable known there.
        """
        request = SetVariable(path=path, name=name, value=value, reason=reason, seconds=seconds)
        return await self.ask(request, who=who, wait=wait)

    async def unset_variable(
        self, path: str, name: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Have the user variable `name` be as declared at `path` again."""
        request = UnsetVariable(path=path, name=name, reason=reason)
        return await self.ask(request, who=who, wait=wait)

    async def silence(
        self,
        path: str,
        *,
        reason: str = "",
        seconds: float | None = None,
        who: str = "program",
        wait: float = 0.0,
    ) -> Answer:
        """Notify no one of `path` and below, until `unsilence`, or for so many `seconds`.

        Supervision goes on as before. What has escalated meanwhile, and still stands at the end, is
        notified then. It outlasts a restart of the program.
        """
        request = Silence(path=path, reason=reason, seconds=seconds)
        return await self.ask(request, who=who, wait=wait)

    async def unsilence(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Notify of what is at `path` and below again."""
        return await self.ask(Unsilence(path=path, reason=reason), who=who, wait=wait)

    async def log_level(
        self,
        path: str,
        level: LogLevelName,
        *,
        seconds: float = 600.0,
        reason: str = "",
        who: str = "program",
        wait: float = 0.0,
    ) -> Answer:
        """Log `path` and below from `level` on, for so many `seconds`, whatever the document says.

        It outlasts a restart of the program, and not its end.
        """
        request = SetLogLevel(path=path, level=level, seconds=seconds, reason=reason)
        return await self.ask(request, who=who, wait=wait)

    async def reset_log_level(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Log `path` and below back to that of the document."""
        return await self.ask(ResetLogLevel(path=path, reason=reason), who=who, wait=wait)

    async def restart(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Stop the worker at `path` and start a new instance."""
        return await self.ask(Restart(path=path, reason=reason), who=who, wait=wait)

    async def retry(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Try now what waits for its next try at `path` and below."""
        return await self.ask(Retry(path=path, reason=reason), who=who, wait=wait)

    async def acknowledge(
        self, path: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Record that an operator has taken over the escalation of `path`."""
        return await self.ask(Acknowledge(path=path, reason=reason), who=who, wait=wait)

    async def signal(
        self, path: str, signal: str, *, reason: str = "", who: str = "program", wait: float = 0.0
    ) -> Answer:
        """Send the process at `path` a signal that it handles: HUP, USR1, USR2 and a few more.

        The process alone, not those it started. Refused is what would end it: that is what
        `stop_path` and `restart` are for.
        """
        return await self.ask(Signal(path=path, signal=signal, reason=reason), who=who, wait=wait)
