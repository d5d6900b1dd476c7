"""`modbus` as what commands are written to: its entry of the registry."""

from __future__ import annotations

from fsmv2.flow.commands.command_output import CommandOutput, CommandOutputKind
from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.inputs.modbus.shared_connections import SharedConnections
from fsmv2.flow.inputs.modbus.tag_mistakes import MISTAKE_CODES, likely_mistakes
from fsmv2.flow.outputs.modbus.limit_mistakes import LIMIT, limit_mistakes
from fsmv2.flow.outputs.modbus.modbus_write_config import ModbusOutput
from fsmv2.flow.outputs.modbus.modbus_writer import ModbusWriter


def _opened(config: ModbusOutput, name: str, shares: EngineShares) -> CommandOutput:
    return ModbusWriter(config, shares.of(SharedConnections).use_for(config, user=name))


MODBUS_WRITES = CommandOutputKind(
    key="modbus",
    config=ModbusOutput,
    tags="registers",
    reaches=lambda config: config.reach,
    likely_mistakes=lambda config: (*likely_mistakes(config), *limit_mistakes(config)),
    mistake_codes=(*MISTAKE_CODES, LIMIT),
    opens=_opened,
)
