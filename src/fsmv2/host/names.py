"""Looking up host names, so that one that never resolves holds up nobody.

`getaddrinfo` blocks for as long as the name server pleases, and cannot be called off. A loop runs
it in a pool of a few threads: a dozen dead names fill it, and then no name resolves for anybody.
Here each name has a place of its own: at most one lookup of it at a time, in a daemon thread, so
that the end of the program waits for none. What was found is used while a new lookup is on its way.

One table for the process, not one for each runtime: what a name means is a fact of the machine, and
two runtimes that ask for it at once are still to ask once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

FRESH = 10.0
"""Seconds for which an answer is used without asking again: a device that got another address is
found in time, and a thousand devices looked at each second are not a thousand questions."""
KEPT = 60.0
"""Seconds for which it is used while a new lookup is on its way, or the name server does not
answer. No longer: by then the address may be another machine's, and we write to machines."""
FAILED = 1.0
"""Seconds for which a failure is the answer, so that those who retry do not ask in a loop."""
MOST = 2000
"""Lookups at one time: each has a thread, and a program has a limit of those."""

Address = tuple[int, tuple[Any, ...]]
"""Family and socket address."""
Found = list[tuple[Any, ...]]
"""What `socket.getaddrinfo` returns."""
LookUp = Callable[..., Found]


class NameLookupError(OSError):
    """A name that has no address, or whose address was not found in time."""


class _Key(NamedTuple):
    host: Any
    port: Any
    family: int
    type: int
    proto: int
    flags: int


class _Waiter(NamedTuple):
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Found]


class _Entry:
    """What is known of one name. Guarded by the lock of its table."""

    def __init__(self) -> None:
        self.found: Found = []
        self.found_at = float("-inf")
        self.error: OSError | None = None
        self.failed_at = float("-inf")
        self.looking = False
        self.waiters: list[_Waiter] = []


class Names:
    """The names that are looked up, and what was found. From any thread and any loop."""

    def __init__(
        self,
        look_up: LookUp = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._entries: dict[_Key, _Entry] = {}
        self._lock = threading.Lock()

    async def resolve(self, host: str, port: int, timeout: float) -> list[Address]:
        """The addresses of a host, best first; a literal address is its own, at once.

        NameLookupError says why there is none, with the name, after `timeout` seconds at most.
        """
        if (family := _family_of(host)) is not None:
            return [(family, (host, port))]
        if _NUMBER.search(host):
            # An operating system takes 127.0.0.010 and 127.1 for machines that nobody meant.
            raise NameLookupError(f"{host} is not an IPv4 address: write four decimal numbers")
        try:
            async with asyncio.timeout(timeout):
                found = await self.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise NameLookupError(
                f"the name {host} could not be looked up within {timeout:g} s"
            ) from None
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise NameLookupError(
                f"the name {host} could not be looked up: {why.lower()}"
            ) from None
        return [(family, address) for family, _, _, _, address in found]

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> Found:
        """As the method of a loop, for as long as it takes; OSError as `socket` raises it."""
        # The port is put in afterwards: one host with many ports is one lookup.
        number = port if isinstance(port, int) else None
        key = _Key(host, 0 if number is not None else port, family, type, proto, flags)
        known = self._ask(key)
        found = known if isinstance(known, list) else await known
        return found if number is None else [_with_port(one, number) for one in found]

    def _ask(self, key: _Key) -> Found | asyncio.Future[Found]:
        """What is known, or the answer to come; raises what a lookup of a moment ago raised."""
        with self._lock:
            now = self._clock()
            entry = self._entries.get(key)
            if entry is None:
                self._forget_old(now)
                entry = self._entries[key] = _Entry()
            failed = now - entry.failed_at < FAILED
            if now - entry.found_at >= FRESH and not failed and not entry.looking:
                self._begin(key, entry)
            if now - entry.found_at < KEPT:
                return entry.found
            if failed and entry.error is not None:
                raise _again(entry.error)
            loop = asyncio.get_running_loop()
            waiter = _Waiter(loop, loop.create_future())
            entry.waiters = [one for one in entry.waiters if not one.done.done()]
            entry.waiters.append(waiter)
            return waiter.done

    def _begin(self, key: _Key, entry: _Entry) -> None:
        if sum(one.looking for one in self._entries.values()) >= MOST:
            raise NameLookupError(f"{MOST} other names are being looked up")
        entry.looking = True
        thread = threading.Thread(
            target=self._run, args=(key, entry), name=f"lookup {key.host}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread for us
            entry.looking = False
            raise NameLookupError(str(error)) from error

    def _run(self, key: _Key, entry: _Entry) -> None:
        found: Found | None = None
        error: OSError | None = None
        try:
            found = self._look_up(*key)
        # Whoever waits for the name must get whatever was raised.
        except Exception as raised:  # noqa: BLE001
            error = raised if isinstance(raised, OSError) else OSError(str(raised))
        with self._lock:
            now = self._clock()
            entry.looking = False
            if found is not None:
                entry.found, entry.found_at, entry.error = found, now, None
            else:
                entry.error, entry.failed_at = error, now
                if _no_such_name(error):
                    entry.found, entry.found_at = [], float("-inf")
            waiters, entry.waiters = entry.waiters, []
        for waiter in waiters:
            with contextlib.suppress(RuntimeError):  # its loop has ended, and nobody waits
                waiter.loop.call_soon_threadsafe(_finish, waiter.done, found, error)

    def _forget_old(self, now: float) -> None:
        """Names that nobody asks for are no load: a crawler asks for a million, each once."""
        if len(self._entries) < MOST:
            return
        for key, entry in list(self._entries.items()):
            if not entry.looking and now - max(entry.found_at, entry.failed_at) > KEPT:
                del self._entries[key]


def _finish(done: asyncio.Future[Found], found: Found | None, error: OSError | None) -> None:
    if done.done():
        return  # whoever asked has left
    if found is not None:
        done.set_result(found)
    elif error is not None:
        done.set_exception(_again(error))


def _again(error: OSError) -> OSError:
    """The same error for one of those who ask; a traceback belongs to one of them."""
    return type(error)(*error.args)


def _no_such_name(error: OSError | None) -> bool:
    """Whether the name server said so, in contrast to one that does not answer."""
    return isinstance(error, socket.gaierror) and error.errno in (
        socket.EAI_NONAME,
        socket.EAI_NODATA,
    )


def _with_port(one: tuple[Any, ...], port: int) -> tuple[Any, ...]:
    family, kind, proto, canonical, (host, _, *rest) = one
    return family, kind, proto, canonical, (host, port, *rest)


def _family_of(host: str) -> int | None:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return socket.AF_INET if version == 4 else socket.AF_INET6


_NUMBER = re.compile(r"(?:\A|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?\Z|[^!-~]")
"""What an operating system reads as an IPv4 address, or only up to a NUL, or in other digits."""

NAMES = Names()


async def resolve(host: str, port: int, *, timeout: float) -> list[Address]:
    """The addresses of a host, best first, as `(family, socket address)`.

    Any number of names is looked up at the same time, each once. NameLookupError names the one
    that has no address, or did not resolve within `timeout` seconds. A literal address is its own.
    """
    return await NAMES.resolve(host, port, timeout)
