"""Looks for secrets that changed while the tree runs, and has the tree declared with them.

A file may be rewritten in place, replaced by a rename, or stand behind a link that is turned, and a
look may come in the middle of that. So nothing is taken at once, neither a value nor that there is
none: only what two looks in a row find the same, and of several files that change together all at
one moment. Driven by a thread of the runtime, and by the simulation on its virtual clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Event, SecretsUnread
from fsmv2.errors import FsmError, error_text
from fsmv2.host.file_signature import Signature
from fsmv2.model import Vault

CONFIRM = 1.0
"""Seconds until what was found is looked at again; a file written in pieces is done by then."""

LEAST = 0.05
"""Seconds between two looks, whatever the settings say: a look is not to be a processor's work."""

PATIENCE = 5
"""Looks for which a changed secret waits for others that still move; one that always does must
not hold it up forever."""


class SecretReading(msgspec.Struct, frozen=True):
    """What one look found of a file: its value, or what is wrong with it."""

    signature: Signature
    value: str = ""
    problem: str = ""
    fix: str = ""


class SecretRotation:
    """The secret files of one tree, as last seen."""

    def __init__(
        self,
        vault: Vault,
        *,
        interval: float,
        redeclare: Callable[[Mapping[str, str], float], None],
        post: Callable[[Event], None],
    ) -> None:
        """`interval`: seconds between two looks while nothing changes.

        `redeclare` is handed the new values by the path of their file, and the time of that.
        """
        self._vault = vault
        self._interval = max(LEAST, interval)
        self._redeclare = redeclare
        self._post = post
        self._seen: dict[str, SecretReading] = {}
        self._settled: set[str] = set()
        self._problems: dict[str, str] = {}
        self._held = 0

    def check(self, now: float) -> float:
        """Look once at all files; returns the seconds until the next look.

        A file that does not move costs one `stat`.
        """
        moving, files = False, self._vault.files
        for path in self._seen.keys() - set(files):  # a document that was applied has it no more
            del self._seen[path]
            self._settled.discard(path)
            self._problems.pop(path, None)
        for path in files:
            moving = self._check_file(path) or moving
        changed = [path for path in self._settled if self._changed(path)]
        if changed and moving and self._held < PATIENCE:
            self._held += 1
        elif changed:
            self._held = 0
            self._redeclare({path: self._seen[path].value for path in changed}, now)
        self._report_problems()
        return min(CONFIRM, self._interval) if moving else self._interval

    def look_again(self) -> None:
        """Read all files at the next look, whatever their `stat` says; from any thread."""
        self._settled = set()

    def check_safely(self, now: float) -> float:
        """The same; what goes wrong in it is reported, and does not end the looking."""
        try:
            return self.check(now)
        except ANY_RAISED as error:  # a thread that ended here would be missed by nobody
            self._problems = {"": f"changed secrets could not be taken over: {error_text(error)}."}
            self._post(SecretsUnread(tuple(self._problems.values())))
            return self._interval

    def _check_file(self, path: str) -> bool:
        """Look at one file; whether it is still to be confirmed by another look."""
        signature = self._vault.signature(path)
        before = self._seen.get(path)
        if path in self._settled and before is not None and before.signature == signature:
            return False
        found = self._read(path, signature)
        self._seen[path] = found
        if found == before:
            self._settled.add(path)
            return False
        self._settled.discard(path)
        # What says what counts already, as at the first look, leaves nothing to wait for.
        return bool(found.problem) or not self._vault.counts(path, found.value)

    def _read(self, path: str, signature: Signature) -> SecretReading:
        try:
            return SecretReading(signature, value=self._vault.read(path))
        except FsmError as error:
            fix = error.fix if signature else "Put the file back."
            return SecretReading(signature, problem=error.message, fix=fix)
        except ANY_RAISED as error:  # whatever a file system answers; looked at again
            return SecretReading(
                signature, problem=f"the secret file '{path}': {error_text(error)}"
            )

    def _changed(self, path: str) -> bool:
        found = self._seen[path]
        return not found.problem and not self._vault.counts(path, found.value)

    def _report_problems(self) -> None:
        problems = {path: text for path, text in self._problems.items() if path}
        for path, found in self._seen.items():
            if not found.problem:
                problems.pop(path, None)
            elif path in self._settled and not self._absent_by_right(path, found):
                kept = f"{self._vault.named(path)} keeps the value of before."
                problems[path] = f"{found.problem} {kept} {found.fix}".rstrip()
        if problems != self._problems:
            self._problems = problems
            self._post(SecretsUnread(tuple(problems.values())))

    def _absent_by_right(self, path: str, found: SecretReading) -> bool:
        """Whether its default counts, since it was never there."""
        return not found.signature and self._vault.may_be_absent(path)


class SecretRotationThread:
    """Looks on a thread of its own, since a file system may hang; ended by `close`."""

    def __init__(self, rotation: SecretRotation, now: Callable[[], float]) -> None:
        self._rotation = rotation
        self._now = now
        self._closing = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fsmv2-secrets", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def look_again(self) -> None:
        """Have it look now, and read each file anew."""
        self._rotation.look_again()
        self._woken.set()

    def close(self) -> None:
        """Have it end; one that hangs is a daemon, and keeps nobody waiting."""
        self._closing = True
        self._woken.set()

    def _run(self) -> None:
        wait = 0.0
        while True:
            self._woken.wait(wait)
            self._woken.clear()
            if self._closing:
                return
            wait = self._rotation.check_safely(self._now())
