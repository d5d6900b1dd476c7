"""The worker types that a question about a tree needs: the built-in ones, and those of the user."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from fsmv2.builtin import register_builtins
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.flow import AsyncioEngine
from fsmv2.worker import WorkerFactory
from fsmv2.worker.object_reference import register_named


def known_types(
    names: Iterable[str] = (), ready: MutableMapping[str, BridgeSections] | None = None
) -> WorkerFactory:
    """The types that are named, such as `package.module:Type`, and the built-in ones.

    For looking only: the engine of their flows begins nothing, and nobody closes it. `ready`: see
    `register_builtins`.
    """
    factory, builtin = WorkerFactory(), WorkerFactory()
    for name in names:
        register_named(factory, name)
    register_builtins(builtin, AsyncioEngine(), ready)
    factory.include(builtin)
    return factory
