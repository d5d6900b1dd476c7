"""Which requests read a list of tags: neighbouring ones merged as far as the protocol allows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fsmv2.flow.register import BIT_KINDS, Kind, Register

MAX_REGISTERS = 125
MAX_BITS = 2000
"""Most registers and bits that one response of the protocol can carry."""


class ReadBlock(msgspec.Struct, frozen=True):
    """One request: `count` addresses from `address`, and the tags it answers."""

    kind: Kind
    address: int
    count: int
    registers: tuple[Register, ...]


def plan_reads(registers: Iterable[Register], max_gap: int = 8) -> tuple[ReadBlock, ...]:
    """The requests that read all `registers`; no value is ever split between two of them.

    Addresses between two tags that nobody asked for are read along when they are at most
    `max_gap`: one larger request is much cheaper than two.
    """
    blocks: list[ReadBlock] = []
    ordered = sorted(registers, key=lambda r: (r.kind, r.address, r.width))
    group: list[Register] = []
    for register in ordered:
        if group and not _fits(group, register, max_gap):
            blocks.append(_block(group))
            group = []
        group.append(register)
    if group:
        blocks.append(_block(group))
    return tuple(blocks)


def _end(group: list[Register]) -> int:
    return max(r.address + r.width for r in group)


def _fits(group: list[Register], register: Register, max_gap: int) -> bool:
    first = group[0]
    limit = MAX_BITS if first.kind in BIT_KINDS else MAX_REGISTERS
    end = _end(group)
    return (
        register.kind == first.kind
        and register.address - end <= max_gap
        and max(end, register.address + register.width) - first.address <= limit
    )


def _block(group: list[Register]) -> ReadBlock:
    first = group[0]
    return ReadBlock(first.kind, first.address, _end(group) - first.address, tuple(group))
