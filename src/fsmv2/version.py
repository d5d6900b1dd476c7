"""Which fsmv2 this is: of the code that runs, whatever an installation says of itself."""

from __future__ import annotations

__version__ = "0.4.0"
"""The version of fsmv2, as `fsmv2 version` shows it."""
