"""The users of this machine, by name."""

from __future__ import annotations

import os
import pwd

from fsmv2.host.user_names import user_name


def test_a_user_has_a_name_and_a_number_of_nobody_has_none() -> None:
    known = {entry.pw_uid for entry in pwd.getpwall()}
    assert user_name(0) == "root"
    if os.getuid() in known:
        assert user_name(os.getuid()) == pwd.getpwuid(os.getuid()).pw_name
    assert user_name(next(number for number in range(60_000, 90_000) if number not in known)) == ""
