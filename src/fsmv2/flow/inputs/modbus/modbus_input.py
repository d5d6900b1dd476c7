"""`modbus` as an input: its entry of the registry."""

from __future__ import annotations

from fsmv2.flow.input import Input, InputKind, Intake
from fsmv2.flow.inputs.modbus.modbus_config import ModbusInput
from fsmv2.flow.inputs.modbus.poller import ModbusPoller
from fsmv2.flow.inputs.modbus.shared_connections import SharedConnections
from fsmv2.flow.inputs.modbus.tag_mistakes import MISTAKE_CODES, likely_mistakes


def _opened(config: ModbusInput, intake: Intake) -> Input:
    use = intake.shares.of(SharedConnections).use_for(config, user=intake.name)
    return ModbusPoller(config, intake, use)


MODBUS = InputKind(
    key="modbus",
    config=ModbusInput,
    tags="registers",
    reaches=lambda config: config.reach,
    likely_mistakes=likely_mistakes,
    mistake_codes=MISTAKE_CODES,
    opens=_opened,
)
