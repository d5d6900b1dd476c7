"""`uns` as an output: its entry of the registry."""

from __future__ import annotations

from functools import partial

from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.nats.shared_nats import SharedNats
from fsmv2.flow.output import Output, OutputKind
from fsmv2.flow.outputs.uns.publisher import UnsPublisher
from fsmv2.flow.outputs.uns.uns_config import UnsOutput, UnsSection, resolve_uns
from fsmv2.flow.stats import FlowCounters


def _opened(config: UnsOutput, shares: EngineShares, counters: FlowCounters) -> Output:
    pool = shares.of(SharedNats)
    connection = pool.use(config.url, config.stream, config.server, config.login)
    return UnsPublisher(config, counters, connection, partial(pool.release, connection))


UNS = OutputKind(
    key="uns",
    section=UnsSection,
    config=UnsOutput,
    resolve=resolve_uns,
    opens=_opened,
    claims=lambda config: (f"the topic {config.base}",),
)
