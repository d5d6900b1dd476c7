"""The topics that appear and vanish with a change: what is published, and what is listened to."""

from __future__ import annotations

from collections.abc import Iterable

from fsmv2.core import Supervisor
from fsmv2.flow import topic_of
from fsmv2.flow.flow_config import FlowConfig, WriteConfig
from fsmv2.runtime.foresight import Foresight


def topic_changes(now: Foresight, then: Foresight) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that appear, and those that vanish."""
    old, new = _flows(now), _flows(then)
    differ = {path for path in {*old, *new} if old.get(path) != new.get(path)}
    before = _topics(old[path] for path in differ & old.keys())
    after = _topics(new[path] for path in differ & new.keys())
    if before == after:
        return (), ()
    # Two bridges may publish to one topic, and one of them stay.
    others = _topics(new[path] for path in new.keys() - differ)
    return tuple(sorted(after - before - others)), tuple(sorted(before - after - others))


def _flows(outlook: Foresight) -> dict[str, FlowConfig | WriteConfig]:
    """The config of each flow that is to run."""
    found = {}
    for path, one in outlook.workers.items():
        config = None if one.supervisor.desired is None else one.supervisor.desired.config
        if isinstance(config, FlowConfig | WriteConfig) and _is_to_run(one.supervisor):
            found[path] = config
    return found


def _is_to_run(s: Supervisor) -> bool:
    bridge = s.parent
    if s.disabled or (bridge is not None and bridge.desired is None):
        return False
    return bridge is None or bridge.desired.state != bridge.definition.stop_state  # type: ignore[union-attr]


def _topics(configs: Iterable[FlowConfig | WriteConfig]) -> set[str]:
    found: set[str] = set()
    for config in configs:
        if isinstance(config, FlowConfig):
            found.update(topic_of(config.output.subject(tag)) for tag in config.input.tags)
        else:
            found.add(f"{topic_of(config.input.subject)}/+")
    return found
