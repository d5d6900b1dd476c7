"""What to do about a step that raises: repair its line, or have it judge less.

Called by what checks the FSM of a worker type, and by the conformance tests.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from fsmv2.errors import FsmError
from fsmv2.name_suggestions import nearest

_PACKAGE = f"{Path(__file__).resolve().parents[1]}{os.sep}"
_SLIPS = (FsmError, TypeError, NameError, AttributeError, ImportError)
"""What is raised for a line that is wrong whatever was observed."""


def step_fix(error: BaseException) -> str:
    """The fix, with the author's line where that is what is wrong."""
    if not isinstance(error, _SLIPS):
        return "Let the step answer stay(...) for what it cannot judge."
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_PACKAGE)]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else "the step"
    if isinstance(error, AttributeError) and error.name and error.obj is not None:
        known = [name for name in dir(error.obj) if not name.startswith("_")]
        if (near := nearest(error.name, known)) is not None:
            return f"Did you mean '{near}' in {place}?"
    return f"Correct {place}."
