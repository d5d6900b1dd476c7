"""What code of others may raise, stated here once. H68

Workers, checks, listeners, stores and the classes of their data are code of others, and it raises
more than `Exception`: `sys.exit()` in a library, a panic of a Rust extension, a `CancelledError` of
its own, a group of these. Whoever calls it writes `except ANY_RAISED`, names what was raised with
`errors.error_text`, and goes on: one worker's fault is never the end of the supervision of all.
In a coroutine `host.task_cancellation` tells the end of our own task from an author's exception.
"""

from __future__ import annotations

from typing import Final

ANY_RAISED: Final = BaseException
"""What is caught around code of others."""


def for_future(error: BaseException) -> BaseException:
    """`error`, or one in its place that a future takes: it refuses `StopIteration`.

    Whoever waits for the future would wait forever.
    """
    if isinstance(error, StopIteration):
        replaced = RuntimeError("StopIteration was raised")
        replaced.__cause__ = error
        return replaced
    return error
