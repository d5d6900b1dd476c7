"""A fix that is proposed is true: who does what it says has that problem no more.

Each fix that says in so many words what to write is carried out on the text at the place of its
problem, as an editor would, and the document is read again.
"""

from __future__ import annotations

import re

import pytest
from mistakes import ONE_IS_ENOUGH, PLANT

from fsmv2 import Diagnostic, DocumentError
from fsmv2.plant import parse_plant

WARNINGS_OF_ANY = ("FSM0154",)


def problems(text: str) -> list[Diagnostic]:
    try:
        return list(parse_plant(text, "p.yaml").diagnostics)
    except DocumentError as error:
        return list(error.diagnostics)


def test_the_plant_has_no_mistake() -> None:
    assert problems(PLANT) == []


def done(text: str, problem: Diagnostic) -> str | None:
    """The text after the fix, None where it does not say in so many words what to write."""
    assert problem.mark is not None
    fix, lines = problem.fix, text.splitlines()
    number, column = problem.mark.line - 1, problem.mark.column - 1
    line = lines[number]
    before, wrong, after = (
        line[:column],
        line[column : column + problem.length],
        line[column + problem.length :],
    )
    indent = line[: len(line) - len(line.lstrip())].replace("\u00a0", " ")
    if found := re.match(r"Write `([^`]*)`\.", fix):
        if (
            problem.code in ("FSM0105", "FSM0117", "FSM0118")
            or line.lstrip()[:2] == found[1][:2]
            or problem.code == "FSM0119"
        ):
            lines[number] = indent + found[1]
        else:
            lines[number] = before + found[1] + after
    elif found := re.match(r"Did you mean '?([^'?]+)'?\?", fix):
        name = found[1]
        if problem.code == "FSM0211":  # the last part of a dotted name
            name = wrong[: wrong.rindex(".") + 1] + name
        lines[number] = before + name + after
    elif found := re.match(r"(?:Write|Use) '([^']+)'[.:,]", fix):
        lines[number] = before + found[1] + after
    elif found := re.match(r"Remove the (?:quotes|tag): (.+)\.", fix):
        lines[number] = before + found[1] + line[column + len(tagged(line[column:])) :]
    elif found := re.match(r"Write `(\w+): ([^`]+)` and `(\w+): ([^`]+)`", fix):
        for key, value in (found.group(1, 2), found.group(3, 4)):
            lines[number] = re.sub(rf"{key}: [^,}}]+", f"{key}: {value}", lines[number])
    elif found := re.match(r"Give it another name, such as `(\w+): ([^`]+)`", fix):
        lines[number] = before + found[2] + after
    elif (found := re.match(r"Write an address of at most (\d+)\.", fix)) or (
        found := re.match(r"Use a duration of at least (\w+)\.", fix)
    ):
        lines[number] = before + found[1] + after
    elif found := re.match(r"Indent it by (\d+) spaces?,", fix):
        lines[number] = " " * int(found[1]) + line.lstrip()
    elif found := re.match(r"Add ([\]}]+) at the end of the line\.", fix):
        lines[number] = line + found[1]
    elif found := re.match(r"Put it in quotes, since .*: \w+: (\".*\")", fix):
        key = re.match(r"\s*[\w-]+:", line)
        assert key is not None
        lines[number] = f"{key[0]} {found[1]}"
    elif (
        (found := re.match(r'(?:Put it in quotes|Quote it): ("[^"]*")\.', fix))
        or (found := re.match(r'Put the value in quotes: ("[^"]*")\.', fix))
        or (found := re.match(r"Put it in brackets: (\[.*\])\.", fix))
        or (found := re.match(r"Write how long it is from one to the next: (\w+)\.", fix))
        or (found := re.match(r"Write the list (\[.*\])\.", fix))
    ):
        lines[number] = before + found[1] + after
    elif found := re.match(r"Write (\{.*\})\.", fix):
        lines[number] = before + found[1] + line[column + len(bracketed(line[column:])) :]
    elif found := re.match(r"Remove `(\w+)`\.", fix):
        lines[number] = re.sub(rf",? *\b{found[1]}: [^,}}]+", "", line)
    elif found := re.match(r'Write "([^"]*)", with straight quotes\.', fix):
        lines[number] = f'{before}"{found[1]}"{after}'
    elif found := re.match(r"Write ([^\s,:]+)(?: or |, |; |: |\.| for )", fix):
        lines[number] = before + found[1].removesuffix(".") + after
    else:
        return None
    return "\n".join(lines) + "\n"


def tagged(text: str) -> str:
    found = re.match(r"!+\w+ +'?[\w.]+'?", text)
    return found[0] if found else ""


def bracketed(text: str) -> str:
    return text[: text.rindex("]") + 1]


@pytest.mark.parametrize(("right", "wrong"), ONE_IS_ENOUGH, ids=[b for _, b in ONE_IS_ENOUGH])
def test_whoever_follows_the_fixes_has_no_problem_left(right: str, wrong: str) -> None:
    """After at most as many fixes as there are problems, and some more that were hidden."""
    assert PLANT.count(right) >= 1
    text = PLANT.replace(right, wrong, 1)
    errors = [one for one in problems(text) if not one.warning]
    assert errors, "this is no mistake"
    for _ in range(6):
        errors = [one for one in problems(text) if not one.warning]
        if not errors:
            return
        found = done(text, errors[0])
        assert found is not None, f"not carried out: {errors[0].render()}"
        assert found != text, f"changes nothing: {errors[0].render()}"
        text = found
    pytest.fail(f"still: {errors[0].render()}")
