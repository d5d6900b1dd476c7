"""Whose process is at the other end of a connection on the loopback interface.

While an embedded broker is away any user of the machine can take its port, and its name is no
secret. Whoever then got our password could command machines, so the kernel is asked first.
"""

from __future__ import annotations

import os
from typing import Any

from fsmv2.host.socket_owner import owner_of


def is_another_users(writer: Any) -> bool:
    """Whether a connected asyncio stream leads to a process of another user than ours.

    False where that cannot be told: on another machine, or where there is no such table.
    """
    here, there = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    if here is None or there is None or not str(there[0]).startswith("127."):
        return False
    owner = owner_of(there[:2], here[:2])
    return owner is not None and owner != os.geteuid()
