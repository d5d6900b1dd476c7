"""The users of this machine, by name."""

from __future__ import annotations

import pwd


def user_name(number: int) -> str:
    """The name of a user; empty where the machine has none for it."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""
