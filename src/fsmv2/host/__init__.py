"""The machine under us, for every room above.

names   looking up host names: each in a place of its own, so that a dead one holds up nobody.
tcp     connecting to a host by name or address.
private, lock_holder   files that only their owner may read; who holds the lock on one.
loops   the event loop that everything of ours runs on.
"""

from fsmv2.host.loops import new_loop
from fsmv2.host.names import Address, NameLookupError, Names, resolve

__all__ = ["Address", "NameLookupError", "Names", "new_loop", "resolve"]
