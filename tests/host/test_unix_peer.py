"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import pwd
import socket

import pytest

from fsmv2.host.unix_peer import Peer, peer_of
from fsmv2.host.user_names import user_name


def test_both_ends_know_each_other_by_process_and_user() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_of(one) == peer_of(other) == Peer(os.getpid(), os.geteuid())


def test_a_user_has_a_name_if_the_machine_has_one_for_it() -> None:
    assert user_name(os.geteuid()) == pwd.getpwuid(os.geteuid()).pw_name
    assert user_name(4_294_967_000) == ""


def test_one_that_is_closed_cannot_be_asked() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    one.close()
    other.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        peer_of(one)
