"""The section `engine:` of a document reaches the engine, and refuses what cannot be meant."""

from __future__ import annotations

import msgspec
import pytest

from fsmv2 import ChildSpec, DocumentError, EngineSettings, SpecError, UserSpec, WorkerFactory
from fsmv2.builtin import DataFlow, register_builtins
from fsmv2.core import Core, Declared
from fsmv2.core.contract.settings import ActionSettings, MetricsSettings, TypeSettings
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.plant.sections import EngineSection

HEAD = "agent: {name: plant, location: {enterprise: acme}}\n"


def problems(engine: str) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        parse_plant(f"{HEAD}engine: {engine}\n")
    return [f"{d.code} {d.mark.line}:{d.mark.column} {d.message}" for d in raised.value.diagnostics]


def types() -> WorkerFactory:
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    return factory


def test_without_the_section_the_settings_are_the_defaults() -> None:
    assert parse_plant(HEAD).settings == EngineSettings()


def test_every_setting_of_the_engine_can_be_written() -> None:
    names = {field.name for field in msgspec.structs.fields(EngineSettings)}
    assert {field.name for field in msgspec.structs.fields(EngineSection)} == names
    text = "{stop_deadline: 20s, backoff_cap: 2m, action_slots: 7, restarts_per_second: 0.5}"
    assert parse_plant(f"{HEAD}engine: {text}\n").settings == EngineSettings(
        stop_deadline=20.0, backoff_cap=120.0, action_slots=7, restarts_per_second=0.5
    )


def test_the_settings_of_metrics_are_a_section_of_their_own() -> None:
    text = "{metrics: {series: 10, paths: '…/oven*'}}"
    assert parse_plant(f"{HEAD}engine: {text}\n").settings == EngineSettings(
        metrics=MetricsSettings(series=10, paths="…/oven*")
    )
    with pytest.raises(SpecError, match="series of metrics is -1, expected at least 0"):
        EngineSettings(metrics=MetricsSettings(series=-1))


def test_a_share_and_a_rate_are_numbers_without_a_unit() -> None:
    text = "{backoff_jitter: 0.3, transitions_per_second: 3}"
    assert parse_plant(f"{HEAD}engine: {text}\n").settings == EngineSettings(
        backoff_jitter=0.3, transitions_per_second=3.0
    )


def test_settings_of_types_and_actions_reach_the_core() -> None:
    plant = parse_plant(f"""\
{HEAD}engine:
  types:
    dataflow:
      interval: 3s
      update_policy: recreate
      actions: {{start_flow: {{timeout: 7s, retries: 0}}}}
""")
    core = Core(types(), plant.settings)
    tuned = core.type_named("dataflow").definition
    assert (tuned.interval, tuned.in_place) == (3.0, False)
    assert (tuned.actions["start_flow"].timeout, tuned.actions["start_flow"].retries) == (7.0, 0)
    assert tuned.actions["stop_flow"] == DataFlow.definition.actions["stop_flow"]
    assert tuned.observe_timeout == DataFlow.definition.observe_timeout
    assert core.type_named("connection") is core.factory.find("connection")


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("{stop_deadlin: 20s}", "FSM0120 2:10 "),
        ("{stop_deadline: 20}", "FSM0124 2:25 "),
        ("{action_slots: 0}", "FSM0123 2:24 "),
        ("{warn_at: 5}", "FSM0126 2:19 These engine settings are not valid: warn_at is 5"),
        ("{backoff_jitter: 1.5}", "FSM0123 2:26 "),
        ("{metrics: {series: -1}}", "FSM0123 2:28 "),
        ("{metrics: {path: x}}", "FSM0120 2:20 "),
        (
            "{metrics: {paths: '[b-a]'}}",
            "FSM0126 2:19 These engine settings are not valid: paths of metrics is '[b-a]', exp",
        ),
        ("{transitions_per_second: 2s}", "FSM0122 2:34 "),
        ("{backoff_base: 2m}", "FSM0126 2:24 These engine settings are not valid: backoff_base"),
        ("{types: {conection: {interval: 2s}}}", "FSM0135 2:29 there is no worker type"),
        (
            "{types: {dataflow: {actions: {start: {timeout: 2s}}}}}",
            "FSM0135 2:46 there is no action 'start' of dataflow",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(engine: str, said: str) -> None:
    assert [text[: len(said)] for text in problems(engine)] == [said]


def test_all_problems_of_the_section_are_told_at_once() -> None:
    assert len(problems("{action_slots: 0, resync: never}")) == 2
    assert len(problems("{warn_at: 9, types: {x: {interval: 1s}, y: {interval: 1s}}}")) == 3


def test_a_program_is_told_of_all_contradictions() -> None:
    with pytest.raises(SpecError) as raised:
        EngineSettings(warn_at=7, action_slots=0, backoff_base=float("nan"))
    for said in ("warn_at is 7", "action_slots is 0", "backoff_base is nan"):
        assert said in str(raised.value)


def test_an_unknown_action_keeps_its_worker_from_being_created_and_says_why() -> None:
    own = TypeSettings(actions={"look": ActionSettings(timeout=1.0)})
    core = Core(types(), EngineSettings(types={"connection": own}))
    core.handle(Declared(ChildSpec("c", "connection", UserSpec())), 0.0)
    assert core.root is not None
    assert core.root.conditions is not None
    reason = core.root.conditions["Created"].reason
    assert "name an action 'look', which connection does not have" in reason
