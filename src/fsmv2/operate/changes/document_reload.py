"""Reads the document of a running tree again, when nobody has looked at what that would do.

Asked for by SIGHUP, and by a change of the file with `run --watch`; it is an apply with less leave:
nothing that runs may be removed by it, and nothing pinned be replaced. Why a newer text does not
run is remembered, for whoever asks what the difference is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from fsmv2.errors import DocumentError, FsmError
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.changes.apply_data import ApplyProgress, ApplyRequest, DocumentText
from fsmv2.operate.changes.document_changes import DocumentChanges
from fsmv2.operate.changes.running_document import CurrentDocument, RunningDocument
from fsmv2.operate.document_change import change_of, changed_text, invalid_text
from fsmv2.operate.document_contents import contents_of
from fsmv2.operate.generations import digests_of
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.other_events import (
    DocumentChanged,
    DocumentInvalid,
    DocumentProblem,
    ReloadRefused,
)
from fsmv2.runtime.posted_request import begun

MOST_REPORTED = 20
"""Mistakes of a document that are reported one by one; `fsmv2 validate` shows all of any number."""

STARTS_WITHIN = 60.0
"""Seconds for which a reload waits for a tree that is just starting."""


class ReloadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a reload. `progress`: None where no document is read again."""

    text: str
    changed: bool = False
    progress: ApplyProgress | None = None


class DocumentReload:
    """That of one running tree, on its loop; `change` may be asked from any thread."""

    def __init__(
        self, current: CurrentDocument, runtime: Runtime, changes: DocumentChanges
    ) -> None:
        self._current = current
        self._runtime = runtime
        self._changes = changes
        self._turn = asyncio.Lock()
        self._judged: tuple[Mapping[str, str], str] = ({}, "")
        self._said = ""

    # ---- questions --------------------------------------------------------------------------

    def change(self) -> str:
        """How the file differs from what runs; nothing: it does not. Blocks for a look at it."""
        now = self._current.now
        return "" if now.managed else change_of(now.source, now.record, self.outcome)

    def outcome(self, digests: Mapping[str, str]) -> str:
        """Why the newer text with these digests does not run; nothing: nobody has tried it."""
        judged, why = self._judged
        return why if judged == digests else ""

    # ---- requests ---------------------------------------------------------------------------

    async def reload(self, *, who: str, wait: float = 0.0, repeat: bool = True) -> ReloadAnswer:
        """Read secrets and document again, and apply what differs; see `TreeHandle.reload`.

        `repeat`: whether one that is refused as the last one was is reported again.
        """
        async with self._turn:
            # A signal that comes too early must not be lost.
            await begun(self._runtime.core, STARTS_WITHIN)
            files = self._runtime.read_secrets_again()
            secrets = f"; secrets are read again: {files} files" if files else ""
            running = self._current.now
            if running.managed:
                text = f"this tree keeps its document itself, so there is none to reload{secrets}"
                self._runtime.report_document(DocumentChanged(differs=False), text)
                return ReloadAnswer(text=text)
            answer = await self._reload(running, who, wait, repeat=repeat)
            if not answer.changed:
                text = f"nothing to reload: {answer.text}{secrets}"
                self._runtime.report_document(DocumentChanged(differs=False), text)
                answer = msgspec.structs.replace(answer, text=text)
            return answer

    async def _reload(
        self, running: RunningDocument, who: str, wait: float, *, repeat: bool
    ) -> ReloadAnswer:
        try:
            files = await in_thread(lambda: contents_of(running.source))
        except DocumentError as error:
            self._refused(running, {}, error, repeat=repeat)
            raise
        digests = digests_of(files)
        why = ""
        if running.record is not None and running.record.digests not in ({}, digests):
            record = running.record
            why = await in_thread(lambda: changed_text(running.source, record, digests))
        document = DocumentText(source=str(running.source), files=files)
        request = ApplyRequest(document=document, reason=why, reload=True)
        try:
            answer = await self._changes.apply(request, who=who, wait=wait, dry_run=False)
        except FsmError as error:
            self._refused(running, digests, error, repeat=repeat)
            raise
        self._said = ""
        return ReloadAnswer(text=answer.text, changed=answer.changed, progress=answer.progress)

    async def judge(self, running: RunningDocument, digests: Mapping[str, str]) -> None:
        """Find out whether the newer text could run, and report it."""
        record = running.record
        if record is None:
            return
        file = running.source
        text = await in_thread(lambda: changed_text(file, record, digests))
        try:
            files = await in_thread(lambda: contents_of(file))
            if digests_of(files) != digests:
                return  # it moves again, and is looked at again
            document = DocumentText(source=str(file), files=files)
            plan = await self._changes.plan(document)
        except DocumentError as error:
            self._refused(running, digests, error, repeat=False)
            return
        except FsmError:  # it cannot be found out now; that it differs is certain
            summary = ""
        else:
            summary = f": {plan.summary}"
        if self._current.now.number != running.number:
            return  # somebody has applied it meanwhile
        event = DocumentChanged(differs=True, file=str(file))
        how = self._how_to_apply(running)
        self._runtime.report_document(
            event, f"{text}; generation {running.number} runs; {how}{summary}"
        )

    def _refused(
        self, running: RunningDocument, digests: Mapping[str, str], error: FsmError, *, repeat: bool
    ) -> None:
        """Remember why a newer text does not run, and report it: all mistakes of a text once.

        `repeat`: somebody has asked, and is answered also when it is what was reported last.
        """
        self.remember(digests, error)
        event = ReloadRefused(file=str(running.source), fix=error.fix)
        said = f"{sorted(digests.items())} {error.message}"
        known, self._said = said == self._said, said
        if known and not repeat:
            return
        if not isinstance(error, DocumentError):
            self._runtime.report_apply(event, f"{error.message} {error.fix}".rstrip())
        elif known:
            text = f"cannot reload: the document {invalid_text(error)} Nothing has changed."
            self._runtime.report_apply(event, text)
        else:
            self._report_invalid(running, error)

    def remember(self, digests: Mapping[str, str], error: FsmError) -> None:
        """This is why the text with these digests does not run."""
        if isinstance(error, DocumentError):
            self._judged = (digests, invalid_text(error))
        else:
            self._judged = (digests, f"was not applied: {error.message}")

    def _report_invalid(self, running: RunningDocument, error: DocumentError) -> None:
        """One event for the document, and one for each mistake, with its place."""
        count = len(error.diagnostics)
        mistakes = f"{count} mistake{'s' * (count > 1)}"
        left = count - MOST_REPORTED
        more = f"; {left} more: `fsmv2 validate {running.source}`" if left > 0 else ""
        self._runtime.report_document(
            DocumentInvalid(file=str(running.source), mistakes=count),
            f"the document {running.source} is not valid and changes nothing ({mistakes}{more}); "
            f"generation {running.number} runs on",
        )
        for found in error.diagnostics[:MOST_REPORTED]:
            event = DocumentProblem.of(found)
            where = f"{found.mark}: " if found.mark is not None else ""
            fix = f" {found.fix}" if found.fix else ""
            self._runtime.report_document(event, f"{where}{found.message}{fix}")

    def _how_to_apply(self, running: RunningDocument) -> str:
        pinned = f"{running.pinned_text}; " if running.pinned else ""
        return f"{pinned}`fsmv2 apply {running.source}` applies it"
