"""What a state directory's tree started and left running: processes, and its broker."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.own_servers import find_servers
from fsmv2.builtin.process.process_table import found_below


def survivors_of(directory: Path) -> tuple[str, ...]:
    """Each as `web (pid 123)`; they are found without any record of ours."""
    found = []
    for folder, one in sorted(found_below(str(directory / "processes")).items()):
        pids = [record.pid or record.shim for record in one.records]
        pids = pids or [each.pid for each in one.marked]
        found.append(f"{unquote(Path(folder).name)} (pid {', '.join(map(str, pids))})")
    config = BrokerConfig(state_dir=str(directory / "broker"))
    found += [f"broker (pid {pid})" for pid in find_servers(config)]
    return tuple(found)
