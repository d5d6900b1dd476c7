"""Ctrl-C that arrives where Python drops exceptions: in the callback of a weak reference, say."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN = 0.01
"""Seconds after which it is asked once more; by then the callback has returned."""


def ask_again(dropped: UnraisableHookArgs) -> None:
    """Have an interrupt that was dropped come again; show anything else, as Python does."""
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    # A true signal: `_thread.interrupt_main` does not end what the main thread sleeps in.
    main = threading.main_thread().ident
    later = threading.Timer(AGAIN, signal.pthread_kill, (main, signal.SIGINT))
    later.daemon = True
    later.start()
