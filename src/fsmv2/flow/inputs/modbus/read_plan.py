"""Which requests read a list of tags: neighbours are merged as far as protocol and device allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from fsmv2.flow.inputs.modbus.register import BIT_KINDS, Kind, Register

MAX_REGISTERS = 125
MAX_BITS = 2000
"""Most registers and bits that one response of the protocol can carry."""


class ReadBlock(msgspec.Struct, frozen=True):
    """One request: `count` addresses from `address`, and the tags it answers."""

    kind: Kind
    address: int
    count: int
    registers: tuple[Register, ...]

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count

    @property
    def names(self) -> str:
        """Its tags, for a person."""
        return ", ".join(register.name for register in self.registers)


class Apart(msgspec.Struct, frozen=True):
    """What a device was found not to read in one request.

    `alone`: tags that are read on their own. `cuts`: (kind, address) where a request begins.
    `most`: addresses that one request of a kind may ask for.
    """

    alone: frozenset[Register] = frozenset()
    cuts: frozenset[tuple[Kind, int]] = frozenset()
    most: Mapping[Kind, int] = {}


NOTHING_APART = Apart()


def plan_reads(
    registers: Iterable[Register], max_gap: int = 8, apart: Apart = NOTHING_APART
) -> tuple[ReadBlock, ...]:
    """The requests that read all `registers`; no value is ever split between two of them.

    Addresses between two tags that nobody asked for are read along when they are at most
    `max_gap`: one larger request is much cheaper than two.
    """
    blocks: list[ReadBlock] = []
    ordered = sorted(registers, key=lambda r: (r.kind, r.address, r.width))
    group: list[Register] = []
    for register in ordered:
        if group and not _fits(group, register, max_gap, apart):
            blocks.append(block_of(group))
            group = []
        group.append(register)
    if group:
        blocks.append(block_of(group))
    return tuple(blocks)


def block_of(group: list[Register]) -> ReadBlock:
    """One request for tags of one kind, ordered by address."""
    first = group[0]
    return ReadBlock(first.kind, first.address, _end(group) - first.address, tuple(group))


def _end(group: list[Register]) -> int:
    return max(r.address + r.width for r in group)


def _fits(group: list[Register], register: Register, max_gap: int, apart: Apart) -> bool:
    first = group[0]
    limit = MAX_BITS if first.kind in BIT_KINDS else MAX_REGISTERS
    limit = min(limit, apart.most.get(first.kind, limit))
    end = _end(group)
    return (
        register.kind == first.kind
        and register.address - end <= max_gap
        and max(end, register.address + register.width) - first.address <= limit
        and register not in apart.alone
        and first not in apart.alone
        and (register.kind, register.address) not in apart.cuts
    )
