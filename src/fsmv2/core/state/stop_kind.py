"""The kinds of stop, and what follows from each: one table, which every other file asks.

| kind        | requested by          | its end   | what is stored | another stop meanwhile |
|-------------|-------------------|-----------|----------------|------------------------|
| remove      | the declaration   | its own   | is deleted     | stays a removal        |
| restart     | a fault, operator | its own   | stays          | gives way to it        |
| shutdown    | the program       | its own   | stays          | stays a shutdown       |
| with parent | a stop above      | its top's | as for its top | stays with its parent  |

A removal wins over a restart (H12, H15), within the deadline that is running already. Declared
again, a removal and what stops with it is called off (H1); nothing else is.
"""

from __future__ import annotations

from enum import Enum


class StopKind(Enum):
    """What a stop is for. The attributes are the columns of the table."""

    is_top: bool
    """Whether the supervisor ends this stop itself, when it and all below it are down."""
    gives_way: bool
    """Whether another stop that is asked for meanwhile takes its place."""
    deletes_stored: bool
    """Whether what a store keeps of the path is dropped at the end."""
    can_be_called_off: bool
    """Whether the same declaration, come back meanwhile, ends the stop."""

    def __new__(
        cls, text: str, is_top: bool, gives_way: bool, deletes_stored: bool, called_off: bool
    ) -> StopKind:
        """The text is the value; the rest are attributes of it."""
        # `object.__new__`, as the enum replaces its own `__new__` once all members are made.
        made = object.__new__(cls)
        made._value_ = text
        made.is_top, made.gives_way = is_top, gives_way
        made.deletes_stored, made.can_be_called_off = deletes_stored, called_off
        return made

    #                            top, gives way, forgets, called off
    REMOVE = ("remove", True, False, True, True)
    RESTART = ("restart", True, True, False, False)
    SHUTDOWN = ("shutdown", True, False, False, False)
    WITH_PARENT = ("with parent", False, False, False, False)
