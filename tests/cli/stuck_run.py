"""`fsmv2` whose supervision is stuck as long as the file that the first argument names exists."""

import sys
import time
from pathlib import Path

from fsmv2.cli import main, service_notices
from fsmv2.runtime.supervision import Supervision

MARKER = Path(sys.argv.pop(1))
SLICE = Supervision.slice


def held_up(self: Supervision) -> None:
    while MARKER.exists():
        time.sleep(0.02)
    SLICE(self)


service_notices.STATUS_EVERY = 0.5
Supervision.slice = held_up  # type: ignore[method-assign]
main()
