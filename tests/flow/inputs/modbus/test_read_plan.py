"""Which requests read a list of tags."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsmv2.flow.inputs.modbus.read_plan import MAX_BITS, MAX_REGISTERS, plan_reads
from fsmv2.flow.inputs.modbus.register import BIT_KINDS, WIDTHS, Register

TYPES = sorted(WIDTHS)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    kind = draw(st.sampled_from(["holding", "input", "coil", "discrete"]))
    type_ = "bool" if kind in BIT_KINDS else draw(st.sampled_from([*TYPES, "string"]))
    length = draw(st.integers(1, 125)) if type_ == "string" else 0
    width = length or WIDTHS[type_]
    spread = draw(st.sampled_from([300, 5000, 65535]))
    address = draw(st.integers(0, min(spread, 65536 - width)))
    return Register(name="t", kind=kind, type=type_, length=length, address=address)


@given(st.lists(registers(), max_size=60), st.integers(0, 100))
def test_every_tag_is_read_once_and_whole_within_the_limits(
    tags: list[Register], max_gap: int
) -> None:
    blocks = plan_reads(tags, max_gap)
    read = [tag for block in blocks for tag in block.registers]
    assert sorted(map(repr, read)) == sorted(map(repr, tags))
    for block in blocks:
        assert block.count <= (MAX_BITS if block.kind in BIT_KINDS else MAX_REGISTERS)
        for tag in block.registers:
            assert tag.kind == block.kind
            assert block.address <= tag.address
            assert tag.address + tag.width <= block.address + block.count


def test_neighbours_are_merged_and_far_ones_are_not() -> None:
    tags = [Register(name=f"t{a}", address=a) for a in (0, 1, 5, 20)]
    assert [(b.address, b.count) for b in plan_reads(tags, max_gap=8)] == [(0, 6), (20, 1)]
    assert [(b.address, b.count) for b in plan_reads(tags, max_gap=0)] == [(0, 2), (5, 1), (20, 1)]
    assert [(b.address, b.count) for b in plan_reads(tags, max_gap=14)] == [(0, 21)]


def test_two_tags_on_one_address_share_a_request() -> None:
    """The same registers may be read as two things."""
    tags = [Register(name="raw", address=0), Register(name="wide", address=0, type="float32")]
    (block,) = plan_reads(tags)
    assert (block.address, block.count) == (0, 2)
