"""Worker types as the engine's settings want them, instead of as their authors wrote them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fsmv2.core.contract.settings import TypeSettings
from fsmv2.errors import SpecError
from fsmv2.name_suggestions import suggest
from fsmv2.worker import ActionDefinition, RegisteredType


def with_overrides(registered: RegisteredType, types: Mapping[str, TypeSettings]) -> RegisteredType:
    """The type with its settings applied; SpecError names an action that it does not have."""
    definition = registered.definition
    given = types.get(definition.name)
    if given is None:
        return registered
    actions = dict(definition.actions)
    for name, own in given.actions.items():
        if name not in actions:
            raise SpecError(
                f"the settings name an action '{name}', which {definition.name} does not have.",
                fix=suggest(name, actions),
            )
        actions[name] = ActionDefinition(
            name,
            actions[name].timeout if own.timeout is None else own.timeout,
            actions[name].retries if own.retries is None else own.retries,
            actions[name].blocks_children,
        )
    policy = given.update_policy
    changed = msgspec.structs.replace(
        definition,
        actions=actions,
        interval=definition.interval if given.interval is None else given.interval,
        observe_timeout=(
            definition.observe_timeout if given.observe_timeout is None else given.observe_timeout
        ),
        backoff=given.backoff.over(definition.backoff),
        in_place=definition.in_place if policy is None else policy == "in_place",
    )
    return RegisteredType(changed, registered.make)
