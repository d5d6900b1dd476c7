"""Why a file or folder may not be used: whose it is, and what to do about it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from fsmv2.host.user_names import user_name


class Forbidden(NamedTuple):
    """`why`: which place keeps this user out, for the end of a sentence; `fix`: what helps."""

    why: str
    fix: str


def forbidden(place: Path) -> Forbidden | None:
    """What keeps this user from reading a place, or from entering it; None: nothing does.

    It is the outermost place on the way that does.
    """
    place = place.absolute()
    found = next((one for one in (*reversed(place.parents), place) if _keeps_out(one)), None)
    if found is None:
        return None
    about, me = found.stat(), os.geteuid()
    if about.st_uid == me:
        wanted = "rwx" if stat.S_ISDIR(about.st_mode) else "rw"
        why = f"permission denied at {found}, its mode is {stat.S_IMODE(about.st_mode):03o}"
        return Forbidden(why, f"chmod u+{wanted} {found}")
    owner = _name(about.st_uid)
    return Forbidden(
        f"permission denied. {found} belongs to the user {owner}, and this is {_name(me)}",
        f"Run the command as {owner}: `sudo -u {owner} fsmv2 ...`.",
    )


def _keeps_out(place: Path) -> bool:
    try:
        needed = os.X_OK if place.is_dir() else os.R_OK
        return place.exists() and not os.access(place, needed, effective_ids=True)
    except OSError:
        return False  # what is above it does


def _name(user: int) -> str:
    return user_name(user) or f"uid {user}"
