"""The tests of `src/fsmv2/a/b/c.py` are in `tests/a/b/test_c.py`.

More of them may be in `test_c_<aspect>.py` beside it. What a folder of tests has besides is about
several files at once, and is listed here with its reason.

Those of the command line bear `cli` in their names, since other rooms have files named as a verb:
`cli/commands/render.py` is tested by `tests/cli/test_cli_render.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fsmv2"
TESTS = ROOT / "tests"

MIRRORED = ("core", "document", "host", "model", "plant", "runtime")
"""Packages each of whose files has tests of its own."""

ROOMS = (
    *MIRRORED,
    *("api", "builtin", "cli", "flow", "lint"),
    *("metrics", "notify", "operate", "store", "testing", "worker"),
)
"""Packages whose test files are named after one of theirs."""

OF_THE_WHOLE = {
    "core/test_containment.py": "what code of authors may do, wherever the core calls it",
    "core/test_core_random.py": "random trees through the whole core",
    "core/test_costs.py": "how the work of the core grows with the size of a tree",
    "core/test_h_change.py": "hard cases: a change of the tree",
    "core/test_h_stop.py": "hard cases: stopping",
    "core/test_h_trouble.py": "hard cases: trouble",
    "core/test_replay_random.py": "random trees, replayed",
    "core/test_reports.py": "what one change is reported as by all phases together",
    "runtime/test_secret_canary.py": "a secret in every output of a runtime",
    "plant/test_fixes.py": "the fix of each mistake, whoever proposes it, is carried out",
    "model/test_hostile_data.py": "the same data at every entrance of the model",
    "api/test_h_watchers.py": "hard cases: who watches a tree",
    "api/test_known_generations.py": "generations, of a served tree or of a store",
    "api/test_schemathesis.py": "the API against its own description",
    "api/test_schemathesis_sequences.py": "sequences of calls along the links of the description",
    "builtin/broker/test_broker_rights.py": "who may do what at a real server",
    "builtin/process/test_lost_record.py": "what finds a process whose record is lost",
    "builtin/process/test_output_lines.py": "of the shim, with the kit of its folder",
    "builtin/process/test_process_order.py": "real processes in order",
    "builtin/process/test_segments.py": "of the shim, with the kit of its folder",
    "builtin/process/test_shim_crash.py": "any two of fsmv2, shim and command are killed",
    "builtin/process/test_started_by_0_2_0.py": "commands that an earlier version started",
    "builtin/test_broker_states.py": "of the broker worker, with the snapshots of its folder",
    "builtin/test_builtin_mappings.py": "the state mappings of all built-in types",
    "cli/test_cli_asking.py": "the commands that ask something, of one real run",
    "cli/test_cli_care.py": "backup, restore and doctor as a person uses them",
    "cli/test_cli_change_pages.py": "the pages about changing a plant, command by command",
    "cli/test_cli_colour.py": "colour in the output of all commands",
    "cli/test_cli_commands.py": "what all commands have: help, exit codes, messages",
    "cli/test_cli_listen.py": "`run --listen`, asked over TCP",
    "cli/test_cli_loaded_rooms.py": "what commands load",
    "cli/test_cli_log_options.py": "the options of all commands that log",
    "cli/test_cli_operator_questions.py": "each command of the page of questions",
    "cli/test_cli_output.py": "what processes write, in `run`",
    "cli/test_cli_past.py": "the commands that answer of a moment of the past",
    "cli/test_cli_reload.py": "a document is changed while `run` runs it",
    "cli/test_cli_requests.py": "the commands that ask something of a running tree",
    "cli/test_cli_rubbish.py": "rubbish as arguments of all commands",
    "cli/test_cli_service.py": "`run` under a service manager",
    "cli/test_cli_store.py": "`run` and its state directory",
    "cli/test_public_names.py": "the public names of the package",
    "cli/test_real_systemd.py": "a plant as a service of a real systemd",
    "flow/commands/test_write_flood.py": "a flood of commands through a whole flow",
    "flow/commands/test_write_killed.py": "fsmv2 is killed in the middle of commands",
    "flow/commands/test_write_pauses.py": "pauses that come and go while commands arrive",
    "flow/commands/test_write_real.py": "write flows between real servers",
    "flow/test_changed_flow.py": "a flow is changed while the broker is away",
    "host/test_one_room.py": "no other room asks the machine itself",
    "metrics/test_every_metric_moves.py": "each metric moves under what it is about",
    "metrics/test_path_series.py": "series with a path, of all metrics",
    "metrics/test_scrape_while_it_changes.py": "a scrape of a tree that changes",
    "metrics/test_secrets_in_metrics.py": "no secret in a scrape",
    "operate/changes/test_apply_events.py": "what the log says of applies",
    "operate/changes/test_apply_on_bad_days.py": "disk, socket and clock during an apply",
    "operate/changes/test_apply_write_points.py": "an apply is killed before each change of a file",
    "operate/changes/test_changes_at_random.py": "random changes of a tree in trouble",
    "operate/changes/test_changes_in_trouble.py": "each change of a worker in each trouble",
    "operate/changes/test_killed_while_applying.py": "a process is killed while it applies",
    "operate/changes/test_plan_is_true.py": "what plans foretell is what happens",
    "operate/changes/test_predecessors.py": "who waits for whom, in plans",
    "operate/test_full_disk.py": "a tree on a disk that is full",
    "operate/test_h_operator.py": "hard cases: what operators ask for",
    "operate/test_operate_names.py": "the public names of the package",
    "operate/test_renamed_while_away.py": "a process is renamed while fsmv2 is away",
    "operate/test_start_write_points.py": "a start is killed before each change of a file",
    "store/test_generation_write_points.py": "a commit is killed before each change of a file",
    "store/test_override_write_points.py": "the same of an override",
    "store/test_store_conformance.py": "what every store does",
    "store/test_store_crash.py": "a process that writes is killed at any moment",
    "store/test_store_of_0_1_0.py": "stores that an earlier version wrote",
    "testing/test_fsm_check.py": "the check of FSMs, of all built-in types",
    "testing/test_replay.py": "replay of simulated trees",
    "testing/test_simulate.py": "whole trees under faults drawn from a seed",
    "testing/test_soak.py": "a simulated month",
}
"""Test files about several source files at once."""

WITHOUT_TESTS_OF_THEIR_OWN = {
    "host/memory_pressure.py": "holds for its whole process: test_side_process.py",
    "runtime/collector_services.py": "what collectors share: test_collector.py",
    "runtime/dispatcher.py": "carries out instructions in a running tree: test_runtime.py",
    "runtime/running_parts.py": "the parts of a runtime, put together: test_runtime.py",
}
"""Source files that have behaviour, and why another file has their tests."""


def has_behaviour(file: Path) -> bool:
    """Whether any function of the file does anything: no protocol, no plain data, no re-export."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_text(s.value))]
            if body and not all(isinstance(s, ast.Raise | ast.Pass) for s in body):
                return True
    return False


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)  # a docstring, or `...`


def sources() -> Iterator[Path]:
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE)
        if place.parts[0] in MIRRORED and not file.name.startswith("__"):
            yield place


@pytest.mark.reads_source
def test_each_file_has_its_tests() -> None:
    missing = [
        f"src/fsmv2/{place} has no tests/{place.with_name(f'test_{place.name}')}"
        for place in sources()
        if place.as_posix() not in WITHOUT_TESTS_OF_THEIR_OWN
        and has_behaviour(SOURCE / place)
        and not (TESTS / place.with_name(f"test_{place.name}")).is_file()
    ]
    assert not missing, "\n".join(missing)


def named_after(place: Path) -> set[str]:
    """The names of the files that tests of this name may be about."""
    beside = SOURCE / place.parent
    folders = [beside]
    if place.parts[0] == "cli":
        folders += [beside / "commands", beside / "demo"]
    return {source.stem for folder in folders for source in folder.glob("*.py")}


@pytest.mark.reads_source
def test_each_test_file_is_named_after_a_file() -> None:
    """Who moves or renames a file moves its tests with it."""
    lost = []
    for folder in ROOMS:
        for file in sorted((TESTS / folder).rglob("test_*.py")):
            place = file.relative_to(TESTS)
            named = place.stem.removeprefix("test_")
            if folder == "cli":
                named = named.removeprefix("cli_")
            if place.as_posix() in OF_THE_WHOLE or any(
                named == stem or named.startswith(f"{stem}_") for stem in named_after(place)
            ):
                continue
            lost.append(f"tests/{place} is named after no file of src/fsmv2/{place.parent}")
    assert not lost, "\n".join(lost)


@pytest.mark.reads_source
def test_the_lists_name_what_is_so() -> None:
    gone = [name for name in OF_THE_WHOLE if not (TESTS / name).is_file()]
    for name in WITHOUT_TESTS_OF_THEIR_OWN:
        own = TESTS / Path(name).with_name(f"test_{Path(name).name}")
        if own.is_file() or not (SOURCE / name).is_file():
            gone.append(name)
    assert not gone, "take these out of their list"
