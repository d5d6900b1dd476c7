"""What can be run besides a child spec and a factory: a document that brings its types along."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from fsmv2.core import EngineSettings
from fsmv2.model import ChildSpec, Vault
from fsmv2.worker import WorkerFactory


class Declaration(Protocol):
    """A whole tree as somebody declares it, such as `fsmv2.plant.Plant`."""

    @property
    def root(self) -> ChildSpec:
        """The root of the tree."""

    @property
    def settings(self) -> EngineSettings:
        """The settings of the engine."""

    @property
    def vault(self) -> Vault:
        """The secrets behind the tokens in the tree."""

    def types(self, factory: WorkerFactory) -> AbstractAsyncContextManager[None]:
        """Add the worker types to `factory`, and what they share; released at the end."""
