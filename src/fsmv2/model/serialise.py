"""Round trips of specs and desired states through plain data, JSON and YAML.

The one road to disk and to every interface: it leaves out the `internal` variables, which are the
engine's and may not be written anywhere. Called by the store, by plans and dumps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
import yaml

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError, FsmError, SpecError, error_text
from fsmv2.model.backoff_settings import AS_ELSEWHERE, Backoff
from fsmv2.model.bundle import VariableBundle
from fsmv2.model.child import ChildSpec, Restart
from fsmv2.model.data.frozen import EMPTY
from fsmv2.model.data.plain_decoder import decode_spec
from fsmv2.model.decoder.plain_data import convert
from fsmv2.model.desired import AutoStop, DesiredState, EscalationPolicy
from fsmv2.model.group import Group, Strategy
from fsmv2.model.nested_specs import with_children
from fsmv2.model.specs import UserSpec

_T = TypeVar("_T")
SpecTypeOf = Callable[[str], type[UserSpec]]


def to_data(value: Any) -> Any:
    """A spec, child spec or desired state as dicts, lists, text and numbers, without `internal`.

    Raises SpecError for what is no data: an object, half a character, endless nesting.
    """
    return _written(lambda: msgspec.to_builtins(without_internal(value)))


def to_json(value: Any, *, exact: bool = True) -> bytes:
    """`to_data` as JSON, UTF-8; raises SpecError like it.

    Also for NaN and infinity, which JSON does not have; not `exact`, they become null.
    """
    try:
        encoded = msgspec.json.encode(value)
        if b'"internal"' not in encoded:  # ten times as fast as looking at every part of it
            return _checked(encoded, value) if exact else encoded
    except _NO_DATA:
        pass  # perhaps because of what is left out
    shown = _written(lambda: without_internal(value))
    encoded = _written(lambda: msgspec.json.encode(shown))
    return _checked(encoded, shown) if exact else encoded


def _checked(encoded: bytes, value: Any) -> bytes:
    """`encoded`, if no number of `value` has become null in it."""
    if b"null" in encoded:
        todo = [("", msgspec.to_builtins(value))]
        while todo:
            path, part = todo.pop()
            if type(part) is float and not math.isfinite(part):
                raise SpecError(
                    f"{part} cannot be written as JSON, where it would be null.",
                    path=path,
                    fix="Use None for what is not known; leave out a limit that does not apply.",
                )
            if isinstance(part, dict):
                todo += [(f"{path}.{key}" if path else str(key), one) for key, one in part.items()]
            elif isinstance(part, list | tuple):
                todo += [(f"{path}[{n}]", one) for n, one in enumerate(part)]
    return encoded


_NO_DATA = (TypeError, ValueError, RecursionError)


def _written(write: Callable[[], _T]) -> _T:
    try:
        return write()
    except _NO_DATA as error:
        raise SpecError(
            f"This cannot be written as data: {error_text(error)}.",
            fix="Use text, numbers, true and false, lists, dicts with text as keys, and structs.",
        ) from None


def to_yaml(value: Any) -> str:
    """`to_data` as YAML, keys in the order of the fields; raises SpecError like it."""
    # Through JSON's types: PyYAML would write shared objects as anchors and refuse subclasses.
    text = to_json(value).decode()
    # PyYAML writes these line breaks as they are and reads them back as spaces.
    readable = not any(mark in text for mark in ("\x85", "\u2028", "\u2029"))
    return yaml.safe_dump(msgspec.json.decode(text), sort_keys=False, allow_unicode=readable)


def child_from_dict(
    data: Mapping[str, Any], spec_type_of: SpecTypeOf, *, path: str = ""
) -> ChildSpec:
    """A child spec out of `to_data`'s form; `spec_type_of` gives the spec type of a worker type.

    Raises DocumentError (a SpecError) with every problem found, or what `spec_type_of` raises.
    """
    fields = decode_spec(data, _ChildData, path)
    inner = f"{path}.user_spec" if path else "user_spec"
    wanted = spec_type_of(fields.worker_type)
    problems: list[Diagnostic] = []

    def nested(child: Mapping[str, Any], place: str) -> ChildSpec:
        made = _child_or_problems(child, spec_type_of, place, problems)
        return made if made is not None else ChildSpec("unknown", "unknown", UserSpec())

    data_of = with_children(fields.user_spec, wanted, nested, inner)
    if problems:
        raise DocumentError(problems)
    user_spec = decode_spec(data_of, wanted, inner)
    return ChildSpec(
        fields.name,
        fields.worker_type,
        user_spec,
        fields.state_mapping,
        fields.enabled,
        tuple(fields.depends_on),
        fields.discovered,
        fields.restart,
        tuple(fields.after),
        tuple(fields.requires),
        fields.significant,
        fields.detect_only,
        fields.backoff,
    )


def _child_or_problems(
    data: Mapping[str, Any], spec_type_of: SpecTypeOf, path: str, problems: list[Diagnostic]
) -> ChildSpec | None:
    try:
        return child_from_dict(data, spec_type_of, path=path)
    except DocumentError as error:
        problems.extend(error.diagnostics)
    except FsmError as error:
        problems.append(msgspec.structs.replace(error.diagnostic(), path=path))
    return None


def desired_from_dict(
    data: Mapping[str, Any],
    spec_type_of: SpecTypeOf,
    *,
    config_type: type[Any] | None = None,
    path: str = "",
) -> DesiredState:
    """A desired state out of `to_data`'s form; the config becomes a `config_type` if one is given.

    Raises DocumentError (a SpecError) with every problem found, in all children.
    """
    fields = decode_spec(data, _DesiredData, path)
    children: list[ChildSpec] = []
    problems: list[Diagnostic] = []
    for i, child in enumerate(fields.children_specs):
        place = f"{path}.children_specs[{i}]" if path else f"children_specs[{i}]"
        made = _child_or_problems(child, spec_type_of, place, problems)
        if made is not None:
            children.append(made)
    if problems:
        raise DocumentError(problems)
    config = fields.config
    if config_type is not None and config is not None:
        try:
            config = convert(config, config_type)
        except msgspec.ValidationError as error:
            raise SpecError(f"The config does not fit: {error}.", path=path) from error
    groups = tuple(Group(g.strategy, tuple(g.members)) for g in fields.groups)
    return DesiredState(
        fields.state,
        tuple(children),
        config,
        fields.hold_reason,
        groups,
        fields.auto_stop,
        fields.escalation,
    )


def desired_from_json(text: bytes | str, spec_type_of: SpecTypeOf, **options: Any) -> DesiredState:
    """`desired_from_dict` of JSON; raises SpecError when it is not JSON."""
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise SpecError(f"Not JSON: {error}.") from None
    return desired_from_dict(data, spec_type_of, **options)


class _ChildData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    worker_type: str
    user_spec: dict[str, Any]
    state_mapping: dict[str, str] = {}
    enabled: bool = True
    depends_on: list[str] = []
    discovered: bool = False
    restart: Restart = "permanent"
    after: list[str] = []
    requires: list[str] = []
    significant: bool = False
    detect_only: bool = False
    backoff: Backoff = AS_ELSEWHERE


class _GroupData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    strategy: Strategy
    members: list[str]


class _DesiredData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: str
    children_specs: list[dict[str, Any]] = []
    config: Any = None
    hold_reason: str | None = None
    groups: list[_GroupData] = []
    auto_stop: AutoStop = "never"
    escalation: EscalationPolicy = "isolate"


def without_internal(value: Any) -> Any:
    """`value` with the internal variables of every bundle in it emptied; itself if it has none."""
    if isinstance(value, VariableBundle):
        if not value.internal:
            return value
        return VariableBundle.trusted(value.user, value.global_, EMPTY)
    if isinstance(value, msgspec.Struct):
        changed = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            after = without_internal(before)
            if after is not before:
                changed[name] = after
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        items = [without_internal(item) for item in value]
        same = all(a is b for a, b in zip(items, value, strict=True))
        return value if same else items
    if isinstance(value, dict):
        pairs = {key: without_internal(item) for key, item in value.items()}
        return value if all(pairs[key] is value[key] for key in value) else pairs
    return value
