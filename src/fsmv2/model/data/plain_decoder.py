"""From plain data to a typed spec, with every problem found, not only the first.

Every type msgspec knows is taken, at its speed; what it refuses goes through the readers of
documents, and a place is a path. Called by authors who read specs from elsewhere, and by
serialise.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError, FsmError, SpecError
from fsmv2.model.decoder.plain_data import REFUSED, convert, problems_of
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
        except REFUSED:
            pass  # with the first problem only
    raise DocumentError([*problems, *problems_of(data, spec_type, path)])


def _prepared(data: Mapping[str, Any], path: str, problems: list[Diagnostic]) -> dict[str, Any]:
    ready = dict(data)
    if "location" in ready:
        try:
            ready["location"] = normalise_location(
                ready["location"], path=f"{path}.location" if path else "location"
            )
        except FsmError as error:
            problems.append(error.diagnostic())
            del ready["location"]
    variables = ready.get("variables")
    if isinstance(variables, Mapping) and "internal" in variables:
        problems.append(
            Diagnostic(
                code=SpecError.code,
                message="Internal variables are the engine's and cannot be given.",
                path=f"{path}.variables.internal" if path else "variables.internal",
                fix="Leave them out.",
            )
        )
        ready["variables"] = {k: v for k, v in variables.items() if k != "internal"}
    return ready
