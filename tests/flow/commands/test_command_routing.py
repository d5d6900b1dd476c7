"""Where the ids of a flow are kept."""

from __future__ import annotations

from fsmv2.flow.commands.command_routing import memory_file


def test_a_long_name_of_a_flow_still_names_a_file() -> None:
    long, longer = "plant/" + "ü" * 300, "plant/" + "ü" * 301
    names = [memory_file(name, "/x") for name in (long, longer, "plant/a b/dfc_write")]
    assert len({name.name for name in names if name}) == 3
    assert all(len(name.name) < 200 for name in names if name)
    assert memory_file("plant", "") is None
