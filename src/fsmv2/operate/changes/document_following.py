"""What a running tree does about its file: report a newer text, or apply it where that is wanted.

A text that was there at the start and was not run then, as after a crash, is only reported, and so
is any text while a generation is pinned: somebody has decided what runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import (
    DocumentError,
    FsmError,
    GenerationConflictError,
    PlannerError,
    RequestRefusedError,
    StoreError,
    TreeStoppingError,
    error_text,
)
from fsmv2.host.in_thread import in_daemon_thread
from fsmv2.operate import document_watch
from fsmv2.operate.changes.document_reload import DocumentReload
from fsmv2.operate.changes.running_document import CurrentDocument, RunningDocument
from fsmv2.operate.document_files import digests
from fsmv2.operate.document_watch import DocumentWatch
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.other_events import DocumentChanged, ReloadRefused

RETRY_AFTER = 30.0
"""Seconds at most until a text that could not be applied now is tried again."""

WATCHER = "fsmv2 (--watch)"
"""Who applies what the file says."""


class DocumentFollower:
    """That of one running tree, on its loop."""

    def __init__(
        self,
        current: CurrentDocument,
        runtime: Runtime,
        reload: DocumentReload,
        *,
        applies: bool,
        problems: Sequence[Diagnostic] = (),
    ) -> None:
        """`applies`: whether a newer text is applied, and not only reported.

        `problems`: what is wrong with the file, as the start has reported it.
        """
        self._problems = problems
        self._current = current
        self._runtime = runtime
        self._reload = reload
        self._applies = applies
        self._text: Mapping[str, str] | None = None
        self._differed = 0
        """The generation from which the file was found to differ; 0: it does not."""

    @property
    def difference(self) -> str:
        """What is known of a text that is newer than what runs; from any thread, without a look."""
        runs, text = self._current.now, self._text
        if text is None or runs.managed or self._runs(runs, text):
            return ""
        if not text:
            return "the document can no longer be read"
        why = self._reload.outcome(text)
        return f"the document is newer than what runs{', and ' * bool(why)}{why}"

    async def run(self) -> None:
        """Look until cancelled."""
        runs = self._current.now
        if runs.managed or runs.record is None:
            return
        # What a warning of the start was about is not applied, as nobody has asked for it.
        at_start = runs.record.digests
        if runs.warning or runs.pinned:
            at_start = await in_daemon_thread(lambda: digests(runs.source))
        watch = DocumentWatch(runs.source, at_start)
        judged: Mapping[str, str] | None = None
        if self._problems:
            self._reload.remember(at_start, DocumentError(self._problems))
        if self._problems or at_start == runs.record.digests:
            judged = at_start
            self._differed = runs.number if self._problems else 0
        every = document_watch.EVERY_TO_APPLY if self._applies else document_watch.EVERY
        tries = 0
        while True:
            self._text = watch.text
            await in_daemon_thread(watch.look)
            if watch.text != judged:
                try:
                    done = await self._found(watch.text, applies=watch.text != at_start)
                except Exception as error:  # noqa: BLE001  (the next change must be seen)
                    self._runtime.report_apply(
                        ReloadRefused(file=str(runs.source)),
                        f"the document could not be looked at: {error_text(error)}",
                    )
                    done = True
                tries = 0 if done else tries + 1
                if done:
                    judged, at_start = watch.text, {}
            elif self._differed:
                self._found_again(watch.text)
            # A plan takes work: while a store fails, say, it is not made each second.
            wait = max(every, min(every * 2**tries, RETRY_AFTER))
            await asyncio.sleep(document_watch.CONFIRM if watch.moving else wait)

    async def _found(self, text: Mapping[str, str], *, applies: bool) -> bool:
        """The file says something new; False: it is to be asked for again."""
        runs = self._current.now
        if self._runs(runs, text):
            self._found_again(text)
            return True
        self._differed = runs.number
        if not (self._applies and applies) or runs.pinned or not text:
            await self._reload.judge(runs, text)
            return True
        try:
            await self._reload.reload(who=WATCHER, repeat=False)
        except FsmError as error:
            return not _passes(error)
        return True

    def _found_again(self, text: Mapping[str, str]) -> None:
        """Report that it says again what runs, unless that is so since it was applied."""
        runs = self._current.now
        if self._runs(runs, text):
            if self._differed == runs.number:
                self._runtime.report_document(
                    DocumentChanged(differs=False, file=str(runs.source)),
                    "the document is again the one that runs",
                )
            self._differed = 0

    def _runs(self, runs: RunningDocument, text: Mapping[str, str]) -> bool:
        return runs.record is not None and runs.record.digests == text


def _passes(error: FsmError) -> bool:
    """Whether the same text may be applied later: it is not refused for what it says."""
    if isinstance(error, TreeStoppingError | StoreError | PlannerError | GenerationConflictError):
        return True
    return not isinstance(error, DocumentError | RequestRefusedError)
