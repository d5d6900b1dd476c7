"""The variables of one worker in their three tiers.

The engine makes one bundle for each worker (`VariableBundle.trusted`), authors make them for the
children they declare; templates read `flatten()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import VariableError
from fsmv2.model.data.frozen import EMPTY
from fsmv2.model.data.plain_copy import detach

RESERVED_KEYS = frozenset({"global", "internal"})


class VariableBundle(
    msgspec.Struct,
    frozen=True,
    gc=False,  # plain data, no cycles: the collector need not look at 100,000 of them
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={"global_": "global"},
):
    """Variables by tier: `user` from the parent, `global_` fleet-wide, `internal` the engine's.

    The mappings are copied in, so a later change of the caller's dicts does not show here.
    Raises VariableError for a reserved key (`global`, `internal`) in `user` and for keys that are
    not text. Write it with `fsmv2.model.to_data` or `to_json`: these never include `internal`.
    """

    NOT_WRITTEN: ClassVar[frozenset[str]] = frozenset({"internal"})
    """Fields that nobody may give in data, and that no message proposes."""

    user: Mapping[str, Any] = EMPTY
    global_: Mapping[str, Any] = EMPTY
    internal: Mapping[str, Any] = EMPTY

    def __post_init__(self) -> None:
        if (user := self.user) is not EMPTY:
            msgspec.structs.force_setattr(self, "user", _copied(user, "user"))
            check_reserved(user)
        if (global_ := self.global_) is not EMPTY:
            msgspec.structs.force_setattr(self, "global_", _copied(global_, "global"))
        if (internal := self.internal) is not EMPTY:
            msgspec.structs.force_setattr(self, "internal", _copied(internal, "internal"))

    @classmethod
    def trusted(
        cls,
        user: Mapping[str, Any],
        global_: Mapping[str, Any] = EMPTY,
        internal: Mapping[str, Any] = EMPTY,
    ) -> VariableBundle:
        """A bundle that shares the given mappings, unchecked and uncopied.

        For the engine, which makes one per worker from mappings it never changes in place:
        100,000 workers then share one `global_`.
        """
        bundle: VariableBundle = copy(_NOTHING)  # spares the checks of the constructor
        force = msgspec.structs.force_setattr
        force(bundle, "user", user)
        force(bundle, "global_", global_)
        force(bundle, "internal", internal)
        return bundle

    def flatten(self) -> dict[str, Any]:
        """The scope templates read: user keys at top level, `global` and `internal` nested.

        Empty tiers are absent. The result is the caller's own down to the tiers.
        """
        flat = dict(self.user)
        if self.global_:
            flat["global"] = dict(self.global_)
        if self.internal:
            flat["internal"] = dict(self.internal)
        return flat

    def scope(self) -> dict[str, Any]:
        """`flatten()` without copying the tiers: for readers who change nothing."""
        flat = dict(self.user)
        if self.global_:
            flat["global"] = self.global_
        if self.internal:
            flat["internal"] = self.internal
        return flat

    def __reduce__(self) -> tuple[Any, ...]:
        return VariableBundle, (self.user, self.global_, self.internal)


_NOTHING = VariableBundle()


def _copied(tier: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    check_keys(tier, name)
    if not tier:
        return EMPTY
    try:
        return detach(tier if type(tier) is dict else dict(tier))
    except RecursionError:
        raise VariableError(
            f"The {name} variables are nested too deeply, or contain themselves.",
            fix="Use plain nested data.",
        ) from None


def check_keys(tier: Mapping[Any, Any], name: str) -> None:
    """Raise VariableError unless `tier` is a mapping whose keys are all text and not empty."""
    if type(tier) is not dict and not isinstance(tier, Mapping):
        raise VariableError(
            f"The {name} variables are a {type(tier).__name__}, expected a mapping.",
            fix="Write them as `name: value`.",
        )
    for key in tier:
        if not isinstance(key, str) or not key:
            raise VariableError(
                f"The {name} variable name {quoted(key)} is not text.",
                fix=f'Quote it: "{quoted(key)}".'
                if not isinstance(key, str)
                else "Give it a name.",
            )


def check_reserved(user: Mapping[str, Any]) -> None:
    """Raise VariableError when `user` sets a reserved key; the error names it."""
    if "global" in user or "internal" in user:
        key = "global" if "global" in user else "internal"
        raise VariableError(
            f"The user variable '{key}' is reserved for the {key} tier.",
            path=key,
            fix=f"Rename it, for example to '{key}_value'.",
        )
