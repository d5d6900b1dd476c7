"""The exit codes: commands end with those that their help and the page name; each is tested."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from commands_page import all_commands, codes_of, meanings

from fsmv2.cli import exit_codes

TESTS = Path(__file__).parents[1]
COMMANDS = all_commands()
EVERYWHERE = {"OK", "FAILED", "USAGE", "INTERRUPTED"}

TESTED_BY = {
    "OK": "cli/test_cli_validate.py::test_a_warning_is_shown_and_allowed",
    "FAILED": "cli/test_cli_validate.py::test_every_problem_is_shown_in_the_order_of_the_file",
    "USAGE": "cli/test_cli_command_examples.py::test_a_wrong_value_names_its_variable",
    "CHANGES": "cli/test_cli_plan.py::test_what_would_change_is_shown_and_saved_and_ends_with_2",
    "PENDING": "cli/test_cli_run.py::test_run_gives_json_lines_and_a_summary",
    "DIFFERS": "cli/test_cli_replay.py::"
    "test_other_code_is_told_as_then_and_now_with_an_exit_code_of_its_own",
    "SUPERSEDED": "cli/test_cli_apply.py::"
    "test_h95_a_later_change_ends_the_wait_with_its_own_exit_code",
    "ROLLED_BACK": "cli/test_cli_apply.py::test_with_rollback_it_returns_to_what_had_converged",
    "DROPPED": "cli/test_cli_run_summary.py::"
    "test_h80_lost_samples_have_an_exit_code_of_their_own_and_are_counted_by_flow",
    "NOT_REACHED": "cli/test_cli_wait.py::test_what_is_not_so_in_time_has_an_exit_code_of_its_own",
    "INTERRUPTED": "cli/test_cli_rubbish.py::test_an_interrupt_that_python_drops_comes_again",
}
"""A test that has a command end so."""


def number(name: str) -> int:
    return int(getattr(exit_codes, name))


def test_each_code_has_its_meaning_and_its_number() -> None:
    constants = {name for name in vars(exit_codes) if name.isupper()}
    without = constants - set(meanings())
    assert not without, f"write what {without} means in a string below it in cli/exit_codes.py"
    numbers: dict[int, list[str]] = {}
    for name in constants:
        numbers.setdefault(number(name), []).append(name)
    shared = {code: sorted(names) for code, names in numbers.items() if len(names) > 1}
    assert shared == {2: ["CHANGES", "USAGE"]}, "give a new meaning a number of its own"


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_the_help_of_a_command_names_the_codes_it_can_end_with(name: str, command: Any) -> None:
    said = " ".join((command.help or "").split()).partition("xit code")[2]
    named = {int(digits) for digits in re.findall(r"(?<![\w.])\d+(?![\w.])", said)}
    possible = codes_of(name, command)
    missing = {one for one in possible - EVERYWHERE if number(one) not in named}
    assert not missing, (
        f"`fsmv2 {name}` can end with {missing}: say so in its docstring, as in "
        '"Exit code 3 when ...", or add it to NEVER in docs/commands_page.py with the reason'
    )
    known = {number(one) for one in possible | EVERYWHERE}
    assert named <= known, (
        f"the docstring of `{name}` names {named - known}, which it cannot end with"
    )


@pytest.mark.reads_source
def test_each_code_is_produced_by_a_test() -> None:
    assert set(TESTED_BY) == set(meanings()), "name a test of each code in TESTED_BY"
    for name, place in TESTED_BY.items():
        file, _, test = place.partition("::")
        body = ast.parse((TESTS / file).read_text()).body
        found = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == test]
        assert found, f"{place}, the test of {name}, is not there"
        text = ast.unparse(found[0])
        assert name in text or re.search(rf"\b{number(name)}\b", text), (
            f"{place} does not look at the exit code {name}"
        )
