"""Where the ids of a flow are kept, and which flow goes on with those of another. H98"""

from __future__ import annotations

from pathlib import Path

from fsmv2.flow import CommandInput, ModbusOutput, WriteConfig, WriteRegister
from fsmv2.flow.commands.command_routing import CommandRouting, memory_file
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.write_command import Command, CommandReply
from fsmv2.flow.engine_figures import FlowLedger
from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.nats.message_age import steady

REGISTER = WriteRegister(name="speed", address=0)


def config(name: str, subject: str, memory: Path | str) -> WriteConfig:
    return WriteConfig(
        name=name,
        input=CommandInput(url="nats://127.0.0.1", subject=subject, memory=str(memory)),
        output=ModbusOutput(address="10.0.0.5:502", registers=(REGISTER,)),
    )


class Process:
    """What one run of the program remembers."""

    def __init__(self, memory: Path | str) -> None:
        self.memory = memory
        self.routing = CommandRouting(EngineShares(), list, list, FlowLedger())

    async def start(self, name: str, subject: str) -> SeenCommands:
        """A flow of this name begins to receive there."""
        await self.routing.remember(config(name, subject, self.memory))
        return self.routing._seen[name, str(self.memory)].result()


async def begun(seen: SeenCommands, id_: str, subject: str) -> Command:
    command = Command(REGISTER, (1,), 1, 1, None, 0.0, id_, [])
    seen.accept(command, steady(), subject)
    assert await seen.begin(command) == ""
    return command


async def executed(seen: SeenCommands, id_: str, subject: str) -> None:
    command = await begun(seen, id_, subject)
    await seen.answered(
        command,
        CommandReply(
            ok=True, outcome="written", reason="", tag="speed", value=1, timestamp_ms=0, id=id_
        ),
    )


def outcome(seen: SeenCommands, id_: str) -> str:
    """What a sender is answered who sends it again; '' if it would be executed."""
    known = seen.find("speed", id_, steady())
    return "" if known is None else known.answer.outcome if known.answer else "under way"


def test_a_long_name_of_a_flow_still_names_a_file() -> None:
    long, longer = "plant/" + "ü" * 300, "plant/" + "ü" * 301
    names = [memory_file(name, "/x") for name in (long, longer, "plant/a b/dfc_write")]
    assert len({name.name for name in names if name}) == 3
    assert all(len(name.name) < 200 for name in names if name)
    assert memory_file("plant", "") is None


async def test_h98_a_command_id_is_known_under_another_name_of_the_flow(tmp_path: Path) -> None:
    for memory in (tmp_path, ""):
        run = Process(memory)
        await executed(await run.start("old", "cmd.v1.a"), "1", "cmd.v1.a")
        new = await run.start("new", "cmd.v1.a")
        assert outcome(new, "1") == "written"
        assert outcome(await run.start("old", "cmd.v1.a"), "1") == "written", "and back again"


async def test_h98_also_after_a_kill_at_either_side_of_the_change(tmp_path: Path) -> None:
    run = Process(tmp_path)
    old = await run.start("old", "cmd.v1.a")
    await executed(old, "1", "cmd.v1.a")
    await begun(old, "2", "cmd.v1.a")
    new = await Process(tmp_path).start("new", "cmd.v1.a")  # killed before, and started renamed
    assert (outcome(new, "1"), outcome(new, "2")) == ("written", "unknown")
    after = await Process(tmp_path).start("new", "cmd.v1.a")  # killed after it
    assert (outcome(after, "1"), outcome(after, "2")) == ("written", "unknown")


async def test_h98_of_two_that_swap_each_knows_the_ids_of_its_subject_alone(tmp_path: Path) -> None:
    run = Process(tmp_path)
    await executed(await run.start("x", "cmd.v1.a"), "1", "cmd.v1.a")
    await executed(await run.start("y", "cmd.v1.b"), "2", "cmd.v1.b")
    for this in (run, Process(tmp_path)):
        x, y = await this.start("x", "cmd.v1.b"), await this.start("y", "cmd.v1.a")
        assert (outcome(x, "1"), outcome(x, "2")) == ("", "written")
        assert (outcome(y, "1"), outcome(y, "2")) == ("written", "")


async def test_h98_one_that_moves_alone_keeps_the_ids_of_before(tmp_path: Path) -> None:
    run = Process(tmp_path)
    await executed(await run.start("x", "cmd.v1.a"), "1", "cmd.v1.a")
    assert outcome(await run.start("x", "cmd.v1.b"), "1") == "written"
    assert outcome(await Process(tmp_path).start("x", "cmd.v1.b"), "1") == "written"


async def test_h98_an_answer_that_comes_late_is_known_to_the_successor(tmp_path: Path) -> None:
    run = Process(tmp_path)
    old = await run.start("old", "cmd.v1.a")
    command = await begun(old, "1", "cmd.v1.a")
    new = await run.start("new", "cmd.v1.a")
    assert outcome(new, "1") == "under way"
    reply = CommandReply(
        ok=False, outcome="unknown", reason="", tag="speed", value=1, timestamp_ms=0, id="1"
    )
    await old.answered(command, reply)
    assert outcome(new, "1") == "unknown"


async def test_what_an_older_version_kept_is_read_by_its_name(tmp_path: Path) -> None:
    file = memory_file("x", str(tmp_path))
    assert file is not None
    file.write_text('{"tag":"speed","id":"1","asked":1,"at":1.0}\n')
    assert outcome(await Process(tmp_path).start("x", "cmd.v1.a"), "1") == "unknown"
