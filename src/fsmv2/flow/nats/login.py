"""How a client of a broker is let in: what it shows, and what a broker of ours has to be.

The password of an embedded broker stands in no document and in no config: its file is named, and
read anew for each connection, so that new credentials need no new config.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Login(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is shown to a broker; nothing: what its URL says, or else no user.

    A user without password is a token, or both in one with a colon between them.
    `file`: the credentials of an embedded broker, which then has to run as the user we run as.
    `ca_file`: certificates that vouch for a broker with TLS, beside those of the system.
    """

    user: str = ""
    """The name of the user."""
    password: str = ""
    """The password of that user."""
    token: str = ""
    """A token instead of a user."""
    file: str = ""
    ca_file: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the file of an embedded broker; hex digits, so good in any URL or config."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"<Credentials of {self.user}>"


def read_credentials(file: Path) -> Credentials | None:
    """The credentials in a file; None: there is no such file, or nothing of the kind in it."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Credentials)
    except (OSError, msgspec.MsgspecError):
        return None
