"""Looks for `ready.line`, whose pattern is the user's: it may take forever on some lines.

`(a+)+$` tries each way to divide what it has met, which double with each letter. The shim has
more to do, so each search is ended after a while. Imported only where there is a pattern: `re`
costs a megabyte.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # (typeshed has no stub of it)
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WITHIN = 0.25
"""Seconds of processor time for a search; a thousand usual lines take a millisecond."""
MOST = 8
"""Searches that may have to be ended; after them it is looked for no more."""
SIGPROF = 27


class LineSearch:
    """One pattern. `slow`: how many searches had to be ended."""

    why_slow = (
        f"looking for ready.line took longer than {WITHIN:g} s; "
        "nested repeats such as (a+)+ take that long"
    )

    def __init__(self, pattern: str) -> None:
        self._wanted = re.compile(pattern)
        self.slow = 0

    @property
    def given_up(self) -> bool:
        """Whether it is looked for no more."""
        return self.slow >= MOST

    def found(self, lines: Sequence[bytes]) -> bool:
        """Whether one of the lines has it; one that takes too long counts as one that has not."""
        rest = iter(lines)
        while not self.given_up:
            try:
                return self._in_time(rest)
            except TooSlowError:
                self.slow += 1  # and the next search begins behind that line
        return False

    def _in_time(self, lines: Iterator[bytes]) -> bool:
        _signal.signal(SIGPROF, _end)
        # The engine of `re` looks for signals now and then, and this timer counts no waiting.
        _signal.setitimer(_signal.ITIMER_PROF, WITHIN, WITHIN)
        try:
            return any(self._wanted.search(line.decode()) for line in lines)
        finally:
            _signal.signal(SIGPROF, _signal.SIG_IGN)
            _signal.setitimer(_signal.ITIMER_PROF, 0.0)


class TooSlowError(Exception):
    """The search was ended before it was over."""


def _end(_number: int, _frame: object) -> None:
    raise TooSlowError
