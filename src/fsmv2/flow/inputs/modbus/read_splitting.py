"""What is read apart after a device refused it together: found by halving, kept for a while.

A refusal of a merged request says nothing of its tags: one of them may be illegal, an address in
between that nobody asked for, or the length. So the request is halved until each part is answered
or is one single tag, which alone is then to blame. What was found shapes the requests of the next
polls; from time to time all of it is forgotten, because devices are changed.

Silence says even less: a device that is away is silent as well. So it counts only of a request
whose unit answers others. And each part that is silent costs a timeout: one in a poll.

No I/O and no clock: to ask is handed in, and so are times.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from fsmv2.flow.inputs.modbus.read_plan import Apart, ReadBlock, block_of, plan_reads
from fsmv2.flow.inputs.modbus.register import Kind, Register

ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
SPLITTABLE = frozenset({ILLEGAL_ADDRESS, ILLEGAL_VALUE})
"""Exceptions that can be about a part of a request; the second also about its length."""

MERGE_AGAIN = 600.0
"""Seconds after which what was split is asked for in one request again."""
SEARCH_AGAIN = 60.0
"""Seconds after which a request all of whose tags were refused one by one is halved again."""


_Key = tuple[Kind, int, int]

Ask = Callable[[ReadBlock], Awaitable[int | None]]
"""Asks for a block: 0 if it was answered, the exception if it was refused for what may be about a
part of it, None if something else went wrong."""


class ReadBisection(msgspec.Struct):
    """What halving one refused request has shown so far."""

    refused: list[ReadBlock] = []
    """Requests for several tags that were refused."""
    codes: list[int] = []
    answered: list[ReadBlock] = []
    refused_tags: list[Register] = []
    cuts: list[ReadBlock] = []
    """The second of two that were answered and had been refused in one."""


async def search(block: ReadBlock, code: int, ask: Ask) -> ReadBisection:
    """Halve a block that was refused with `code` until each part is answered or is one tag."""
    found = ReadBisection(refused=[block], codes=[code])
    await _halve(block, found, ask)
    return found


async def _halve(block: ReadBlock, found: ReadBisection, ask: Ask) -> None:
    answered = []
    for half in halves(block):
        code = await ask(half)
        if code == 0:
            answered.append(half)
        elif code is not None and len(half.registers) == 1:
            found.refused_tags.append(half.registers[0])
        elif code is not None:
            found.refused.append(half)
            found.codes.append(code)
            await _halve(half, found, ask)
    found.answered += answered
    found.cuts += answered[1:]


def halves(block: ReadBlock) -> tuple[ReadBlock, ReadBlock]:
    """A block of several tags in two: at its widest gap, of equal ones at that nearest its middle.

    A gap is the likeliest to be illegal, and a cut there costs no tag its neighbours.
    """
    registers = block.registers
    middle = len(registers) / 2
    end, best = -math.inf, (-math.inf, -math.inf, 0)
    for index, register in enumerate(registers):
        if index:
            best = max(best, (max(0, register.address - end), -abs(index - middle), index))
        end = max(end, register.address + register.width)
    cut = best[2]
    return block_of(list(registers[:cut])), block_of(list(registers[cut:]))


class ReadPlan:
    """The requests of a list of tags, as the device was found to take them."""

    def __init__(self, registers: Iterable[Register], max_gap: int) -> None:
        self._registers = tuple(registers)
        self._max_gap = max_gap
        self._apart = Apart()
        self._since: float | None = None
        self._hopeless: dict[_Key, float] = {}
        self._parts: set[_Key] = set()
        self._before: Apart | None = None
        self._blocks = plan_reads(self._registers, max_gap)

    def blocks(self, now: float) -> tuple[ReadBlock, ...]:
        """The requests of a poll."""
        if self._since is not None and now - self._since >= MERGE_AGAIN:
            self._since = None
            self._hopeless.clear()
            self._before = self._apart if self._parts else None
            self._parts.clear()
            self._set(Apart())
        return self._blocks

    def may_search(self, block: ReadBlock, code: int, now: float) -> bool:
        """Whether a refused request is to be halved."""
        if code not in SPLITTABLE or len(block.registers) < 2:
            return False
        searched = self._hopeless.get(_key(block))
        return searched is None or now - searched >= SEARCH_AGAIN

    def learn(self, found: ReadBisection, now: float) -> None:
        """Take in a finished search: it always knows more than before, so searches end."""
        if self._since is None:
            self._since = now
        if not found.answered:
            # Such as a device that is being configured: a request for each tag would help nobody.
            self._hopeless[_key(found.refused[0])] = now
        elif found.refused_tags:
            self._read_alone(found.refused_tags)
        elif self._is_length(found):
            kind, most = found.refused[0].kind, max(block.count for block in found.answered)
            self._set(msgspec.structs.replace(self._apart, most={**self._apart.most, kind: most}))
        else:
            # Only the innermost: what was refused around them they may explain.
            self._cut(found.cuts)

    def is_part(self, block: ReadBlock) -> bool:
        """Whether it is read apart because of silence."""
        return _key(block) in self._parts

    def silent(self, block: ReadBlock, now: float) -> None:
        """A request for several tags is not answered by a unit that answers others: in two.

        What was known before all of it was merged again is not looked for once more.
        """
        if self._before is not None:
            before, self._before = self._before, None
            self._since = now
            self._set(before)
        else:
            self.read_apart(halves(block), now)

    def read_apart(self, parts: Iterable[ReadBlock], now: float) -> None:
        """Let each of these be a request of its own, and every other stay what it is."""
        parts = tuple(parts)
        if self._since is None:
            self._since = now
        self._parts |= {_key(part) for part in parts}
        self._cut((*self._blocks, *parts, *filter(None, map(self._behind, parts))))

    def _behind(self, part: ReadBlock) -> ReadBlock | None:
        """The tag with which what follows begins."""
        rest = [r for r in self._registers if r.kind == part.kind and r.address >= part.end]
        return block_of([min(rest, key=lambda r: r.address)]) if rest else None

    def answered(self, block: ReadBlock) -> None:
        """A request was answered: a tag that was to blame and is not any more is merged again."""
        if self._before is not None and self._was_cut(block, self._before):
            self._before = None
        self._hopeless.pop(_key(block), None)
        if self._apart.alone and len(block.registers) == 1:
            alone = self._apart.alone - {block.registers[0]}
            if alone != self._apart.alone:
                self._set(msgspec.structs.replace(self._apart, alone=alone, cuts=frozenset()))

    def _was_cut(self, block: ReadBlock, apart: Apart) -> bool:
        return any(
            kind == block.kind and block.address < address < block.end
            for kind, address in apart.cuts
        )

    def _read_alone(self, refused_tags: Iterable[Register]) -> None:
        """What stands around them is merged again, but never across one of them."""
        alone = self._apart.alone | frozenset(refused_tags)
        ordered = sorted(self._registers, key=lambda r: (r.kind, r.address, r.width))
        behind = {
            (after.kind, after.address)
            for before, after in itertools.pairwise(ordered)
            if before in alone
        }
        cuts = self._apart.cuts | behind
        self._set(msgspec.structs.replace(self._apart, alone=alone, cuts=cuts))

    def _is_length(self, found: ReadBisection) -> bool:
        """Whether the length of the requests explains all refusals."""
        shortest = min(block.count for block in found.refused)
        return (
            set(found.codes) == {ILLEGAL_VALUE}
            and max(block.count for block in found.answered) < shortest
            and shortest <= self._apart.most.get(found.refused[0].kind, shortest)
        )

    def _cut(self, blocks: Iterable[ReadBlock]) -> None:
        cuts = self._apart.cuts | {(block.kind, block.address) for block in blocks}
        self._set(msgspec.structs.replace(self._apart, cuts=cuts))

    def _set(self, apart: Apart) -> None:
        self._apart = apart
        self._blocks = plan_reads(self._registers, self._max_gap, apart)


def _key(block: ReadBlock) -> _Key:
    return block.kind, block.address, block.count
