"""A value is wrong where it is set, and not in the template that puts it between others.

`"{{ .IP }}:{{ .PORT }}"` is no address when one of its variables is wrong: that one is looked for.
Of a template that is nothing but one variable the decoder knows it already (`Node.render`).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fsmv2.diagnostic import Diagnostic, Mark, Related
from fsmv2.errors import TemplateError
from fsmv2.model import template_references
from fsmv2.model.decoder import Node, Origin
from fsmv2.model.decoder.template_fields import is_template
from fsmv2.model.network_address import NoAddressError, read_host

NO_ADDRESS = "FSM0150"


def at_their_variables(
    problems: list[Diagnostic], sections: Iterable[Node], origin: Origin
) -> list[Diagnostic]:
    """The problems, each at the value that is to be changed; one that another explains is left out.

    Those that concern a template of several parts name the variables in it as related places.
    """
    templates = {
        (scalar.mark, scalar.path): scalar
        for section in sections
        for scalar in section.scalars()
        if isinstance(scalar.value, str) and is_template(scalar.value)
    }
    reported = {problem.mark for problem in problems}
    found: list[Diagnostic] = []
    for problem in problems:
        scalar = templates.get((problem.mark, problem.path))
        variables = _variables(scalar, origin) if scalar is not None else []
        if not variables:
            found.append(problem)
        elif not any(variable.mark in reported for variable in variables):
            moved = _moved(problem, variables) if problem.code == NO_ADDRESS else None
            found.append(moved or _with_places(problem, variables, scalar))
    return list(dict.fromkeys(found))  # read and write may both use a value


def _variables(scalar: Node, origin: Origin) -> list[Node]:
    try:
        paths = template_references(scalar.value)
    except TemplateError:
        return []
    nodes = (origin(tuple(map(str, path))) for path in sorted(paths, key=str))
    return [node for node in nodes if node is not None and node.mark is not None]


def _moved(problem: Diagnostic, variables: list[Node]) -> Diagnostic | None:
    """The problem of the one variable that is meant as a host and is none."""
    for node in variables:
        if not isinstance(node.value, str):
            continue
        try:
            read_host(node.value)
        except NoAddressError as error:
            moved = node.problem(NO_ADDRESS, f"'{node.value}' {error.message}", fix=error.fix)
            return msgspec.structs.replace(moved, related=(_used(problem),))
    return None


def _used(problem: Diagnostic) -> Related:
    mark = problem.mark or Mark("", 1, 1)
    message = f"the value is used here, as {problem.path}"
    return Related(message=message, mark=mark, source=problem.source, length=problem.length)


def _with_places(problem: Diagnostic, variables: list[Node], scalar: Node | None) -> Diagnostic:
    places = []
    for node in variables:
        shown = node.problem("", "")
        if shown.mark is not None:
            name = node.path.rpartition(".")[2]
            places.append(
                Related(
                    message=f"{name} is set here",
                    mark=shown.mark,
                    source=shown.source,
                    length=shown.length,
                )
            )
    fix = problem.fix.removesuffix(" It comes from a variable in this template.")
    if scalar is not None and "${{" in scalar.value:
        fix = "Remove the $ before {{."
    return msgspec.structs.replace(problem, related=(*problem.related, *places), fix=fix)
