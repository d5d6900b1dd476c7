"""What a document says beside its workers: keys that a running tree takes over, and others."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fsmv2.builtin.agent import AgentSpec
from fsmv2.core import EngineSettings
from fsmv2.core.contract.settings import READ_AT_START
from fsmv2.model import ChildSpec
from fsmv2.notify import NotifySettings
from fsmv2.operate.changes.change_plan import FieldChange, RestartKey
from fsmv2.operate.changes.field_changes import field_changes, value_change
from fsmv2.plant import Plant
from fsmv2.plant.log_section import LogSection

ROOT = "its name begins every path, so all workers would be replaced"
AT_START = "it is read when fsmv2 starts"
PORT = "clients know the port, which is opened when the broker starts"


class DocumentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a plant that is no worker. `listen`, `traces`: where, empty: nowhere."""

    engine: EngineSettings = EngineSettings()
    log: LogSection = LogSection()
    notify: NotifySettings = NotifySettings()
    listen: str = ""
    traces: str = ""

    @classmethod
    def of(cls, plant: Plant) -> DocumentSettings:
        """Those of a plant."""
        return cls(
            engine=plant.settings,
            log=plant.log,
            notify=plant.notify,
            listen=plant.listen,
            traces=plant.traces,
        )


def live_changes(before: DocumentSettings, after: DocumentSettings) -> list[FieldChange]:
    """The settings that a running tree takes over, as fields by their place in the document."""
    old, new = before.notify, after.notify
    engine = field_changes(before.engine, after.engine, "engine")
    return [
        *(one for one in engine if not _is_read_at_start(one)),
        *field_changes(before.log, after.log, "log"),
        *field_changes(_by_name(old), _by_name(new), "notify"),
        *field_changes(old.remind_after, new.remind_after, "notify.remind_after"),
    ]


def _by_name(notify: NotifySettings) -> dict[str, object]:
    return {target.name: target for target in notify.targets}


def restart_keys(
    before: DocumentSettings, after: DocumentSettings, old: ChildSpec | None, new: ChildSpec
) -> Iterator[RestartKey]:
    """The keys that only a start takes over; `old` and `new` are the roots."""
    if old is not None and old.name != new.name:
        yield _key(value_change("agent.name", old.name, new.name), ROOT)
    if old is not None:
        yield from _ports(old, new)
    for change in field_changes(before.engine, after.engine, "engine"):
        if _is_read_at_start(change):
            yield _key(change, AT_START)
    for field, where in (("listen", "http.listen"), ("traces", "traces.endpoint")):
        pair = getattr(before, field) or None, getattr(after, field) or None
        if pair[0] != pair[1]:
            yield _key(value_change(where, *pair), AT_START)


def _is_read_at_start(change: FieldChange) -> bool:
    return change.field.split(".")[1] in READ_AT_START


def _ports(old: ChildSpec, new: ChildSpec) -> Iterator[RestartKey]:
    """The ports of an embedded broker, which the tree starts."""
    specs = old.user_spec, new.user_spec
    brokers = [spec.broker for spec in specs if isinstance(spec, AgentSpec) and spec.broker]
    if len(brokers) == 2 and all(broker.embedded for broker in brokers):
        for port in ("port", "mqtt_port"):
            values = [getattr(broker, port) for broker in brokers]
            if values[0] != values[1]:
                yield _key(value_change(f"broker.{port}", *values), PORT)


def _key(change: FieldChange, why: str) -> RestartKey:
    return RestartKey(key=change.field, before=change.before, after=change.after, why=why)
