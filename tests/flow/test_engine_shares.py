"""What flows of one engine share: one of each kind, asked without knowing the kind, closed."""

from __future__ import annotations

from fsmv2.flow import DeviceStatus
from fsmv2.flow.engine_shares import EngineShares

STATUS = DeviceStatus(
    connected=True,
    connecting=False,
    reached=True,
    answers=True,
    error="",
    attempted_at=1.0,
    latency_ms=2.0,
)


class Devices:
    def status(self, host: str, port: int) -> DeviceStatus | None:
        return STATUS if (host, port) == ("plc", 502) else None


class Brokers:
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_each_kind_is_made_once_and_those_that_can_be_closed_are() -> None:
    shares = EngineShares()
    assert shares.device("plc", 502) is None
    brokers = shares.of(Brokers)
    assert shares.of(Brokers) is brokers
    assert shares.of(Devices) is shares.of(Devices)
    assert shares.device("plc", 502) is STATUS
    assert shares.device("plc", 503) is None
    await shares.aclose()
    assert brokers.closed == 1
