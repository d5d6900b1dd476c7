"""The same trouble once, and again when it still happens after a while."""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000
"""Troubles that are remembered; of more, those that were quiet for longest may be sent again."""

Trouble = tuple[str, str, str]
"""Path, event and state: what makes two reports the same trouble, whatever figures they quote."""


class Deduplication:
    """What one target was sent of late."""

    def __init__(self, remind_after: float) -> None:
        """`remind_after`: seconds for which the same is not sent again; 0: forever."""
        self.remind_after = remind_after
        self._sent: OrderedDict[Trouble, tuple[float, int]] = OrderedDict()

    def first(self, trouble: Trouble, now: float) -> int | None:
        """How often it was left out since it was last sent; None: leave it out now, too."""
        found = self._sent.pop(trouble, None)
        if found is not None:
            at, left_out = found
            if not self.remind_after or at <= now < at + self.remind_after:
                self._sent[trouble] = (at, left_out + 1)
                return None
        self._sent[trouble] = (now, 0)
        if len(self._sent) > MOST:
            self._sent.popitem(last=False)
        return found[1] if found is not None else 0
