"""From plain data to a typed spec, with every problem found, not only the first.

msgspec decodes fast and stops at the first error. So it is tried first; only when it fails the
data is walked field by field to collect what is wrong. Called by document loading, by authors
who read specs from elsewhere, and by serialise.py.

Documents have a decoder of their own, `document.decode`: it reads nodes that know their line
and column, templates and durations, and takes only types a document can express. Here every type
msgspec knows is taken, at its speed, and a place is a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError, FsmError, SpecError
from fsmv2.model.data.field_errors import check_value, convert, inner_path, problem_of
from fsmv2.model.location import normalise_location
from fsmv2.model.specs import UserSpec

_S = TypeVar("_S", bound=msgspec.Struct)


def decode_spec(data: Any, spec_type: type[_S], path: str = "") -> _S:
    """`data`, a plain mapping, as a `spec_type` (a UserSpec, or any Struct within one).

    Strict: no value is coerced, unknown fields are refused. `location` takes every form that
    `normalise_location` does. Raises DocumentError (a SpecError) with one diagnostic for each
    problem; its `path` is the place below `path` (`read.port`, `registers[0].name`), and its
    `fix` has the nearest and all known names.
    """
    problems: list[Diagnostic] = []
    if issubclass(spec_type, UserSpec) and isinstance(data, Mapping):
        data = _prepared(data, path, problems)
    if not problems:
        try:
            spec: _S = convert(data, spec_type)
            if isinstance(spec, UserSpec) and spec.location:
                # msgspec copies mappings; the shared canonical one is what the tree knows.
                msgspec.structs.force_setattr(spec, "location", data["location"])
            return spec
        except (msgspec.ValidationError, FsmError) as error:
            found = error
    check_value(data, spec_type, path, problems)
    if not problems:  # the parts are right, so the whole is wrong: the type's own __post_init__
        problems.append(problem_of(found, path))
    raise DocumentError(problems)


def _prepared(data: Mapping[str, Any], path: str, problems: list[Diagnostic]) -> dict[str, Any]:
    ready = dict(data)
    if "location" in ready:
        try:
            ready["location"] = normalise_location(
                ready["location"], path=inner_path(path, "location")
            )
        except FsmError as error:
            problems.append(error.diagnostic())
            del ready["location"]
    variables = ready.get("variables")
    if isinstance(variables, Mapping) and "internal" in variables:
        place = inner_path(path, "variables.internal")
        problems.append(
            Diagnostic(
                code=SpecError.code,
                message="Internal variables are the engine's and cannot be given.",
                path=place,
                fix="Leave them out.",
            )
        )
        ready["variables"] = {k: v for k, v in variables.items() if k != "internal"}
    return ready
