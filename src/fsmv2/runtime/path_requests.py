"""What a program may request of a path in a tree, and report to it; each posts one event.

From any thread: what comes of it is decided by the core, in its turn, and reported.
"""

from __future__ import annotations

import abc
from typing import Any

from fsmv2.core import (
    AcknowledgeRequested,
    NotificationsFailing,
    PauseRequested,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    SetVariableRequested,
    SignalSent,
    StartPathRequested,
    StateDirectoryLost,
    StopPathRequested,
    UnsetVariableRequested,
)


class PathRequests(abc.ABC):
    """The requests that a runtime takes and does not answer."""

    def restart(self, path: str, *, who: str = "program") -> None:
        """Have the worker at `path` restarted; a path that is not there is reported on the root."""
        self._post(RestartRequested(path, who))

    def pause(self, path: str, *, reason: str = "", who: str = "program") -> None:
        """Start nothing at `path` and below until it is resumed; observation and stops go on.

        From the moment this returns nothing there is written to a machine either; a write that was
        sent already may still be confirmed. It is no lockout and no safety function. With a store
        the pause outlasts a restart of the program.
        """
        self._post(PauseRequested(path, who, reason))

    def resume(self, path: str, *, who: str = "program") -> None:
        """Let what was paused at `path` go on."""
        self._post(ResumeRequested(path, who))

    def stop_path(
        self, path: str, *, reason: str = "", who: str = "program", until: float | None = None
    ) -> None:
        """Have what is at `path` stopped, with all below it, as if it were declared disabled.

        Until `start_path`, or until the Unix seconds `until`. With a store it outlasts a restart
        of the program. From the moment this returns nothing there is written to a machine.
        """
        self._post(StopPathRequested(path, who, reason, until))

    def start_path(self, path: str, *, who: str = "program") -> None:
        """End a stop of `path`: what is there is again what is declared."""
        self._post(StartPathRequested(path, who))

    def set_variable(
        self,
        path: str,
        name: str,
        value: Any,
        *,
        reason: str = "",
        who: str = "program",
        until: float | None = None,
    ) -> None:
        """Give the user variable `name` this value at `path` and below, over what is declared.

        Until `unset_variable`, or until the Unix seconds `until`. It has to be a variable that is
        known there; otherwise that is reported and nothing is set.
        """
        self._post(SetVariableRequested(path, name, value, who, reason, until))

    def unset_variable(self, path: str, name: str, *, who: str = "program") -> None:
        """Have the user variable `name` be as declared at `path` again."""
        self._post(UnsetVariableRequested(path, name, who))

    def retry(self, path: str, *, who: str = "program") -> None:
        """Have whatever waits for its next try at `path` and below tried now."""
        self._post(RetryRequested(path, who))

    def acknowledge(self, path: str, *, note: str = "", who: str = "program") -> None:
        """Record that an operator has taken over the escalation of `path`."""
        self._post(AcknowledgeRequested(path, who, note))

    def report_signal(self, sent: SignalSent) -> None:
        """Record what became of a signal that was asked for with `ask`."""
        self._post(sent)

    def state_directory_lost(self, reason: str) -> None:
        """Report why the directory with store and journal is not what it was; '': it is again.

        From any thread. It stands as a condition at the root.
        """
        self._post(StateDirectoryLost(reason))

    def notifications_failing(self, problems: tuple[str, ...]) -> None:
        """Report which targets of notifications fail, and why; none: all are reached.

        From any thread. It stands as a condition at the root.
        """
        self._post(NotificationsFailing(problems))

    @abc.abstractmethod
    def _post(self, event: Any) -> None:
        """Hand an event to the core."""
