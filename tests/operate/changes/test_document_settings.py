"""Keys that a running tree takes over, and keys that need a restart."""

from __future__ import annotations

import pytest
from changed_plant import PLANT, plant

from fsmv2.operate.changes.document_settings import DocumentSettings, live_changes, restart_keys

HOOK = "notify: {targets: {ops: {webhook: {url: 'https://hooks.example/abc'}}}}\n"


def found(text: str) -> tuple[list[str], list[str]]:
    before, after = plant(PLANT), plant(text)
    settings = DocumentSettings.of(before), DocumentSettings.of(after)
    keys = restart_keys(*settings, before.root, after.root)
    return [one.field for one in live_changes(*settings)], [one.key for one in keys]


@pytest.mark.parametrize(
    ("text", "live", "restart"),
    [
        (PLANT + "log: {level: debug}\n", ["log.level"], []),
        (PLANT + "engine: {resync: 30s}\n", ["engine.resync"], []),
        (PLANT + "engine: {secrets_interval: 9s}\n", [], ["engine.secrets_interval"]),
        (
            PLANT + "engine: {types: {process: {interval: 9s}}}\n",
            [],
            ["engine.types.process.interval"],
        ),
        (PLANT + 'http: {listen: "127.0.0.1:9410"}\n', [], ["http.listen"]),
        (PLANT + 'traces: {endpoint: "http://127.0.0.1:4318"}\n', [], ["traces.endpoint"]),
        (PLANT.replace("name: plant,", "name: other,"), [], ["agent.name"]),
        (PLANT.replace('{url: "nats://127.0.0.1:4222"}', "{port: 4333}"), [], []),
    ],
)
def test_each_key_is_one_or_the_other(text: str, live: list[str], restart: list[str]) -> None:
    assert found(text) == (live, restart)


def test_the_port_of_an_embedded_broker_needs_a_restart() -> None:
    embedded = [
        plant(PLANT.replace('{url: "nats://127.0.0.1:4222"}', f"{{port: {port}, mqtt_port: 1884}}"))
        for port in (4333, 4334)
    ]
    settings = [DocumentSettings.of(one) for one in embedded]
    keys = [*restart_keys(*settings, *(one.root for one in embedded))]
    assert [(one.key, one.before, one.after) for one in keys] == [("broker.port", "4333", "4334")]


def test_a_target_of_notifications_is_taken_over() -> None:
    live, restart = found(PLANT + HOOK)
    assert live
    assert all(one.startswith("notify.ops.") for one in live)
    assert restart == []
