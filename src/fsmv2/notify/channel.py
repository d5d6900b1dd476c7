"""What every kind of target has in common: it is handed a notification, and takes it or raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from fsmv2.errors import FsmError
from fsmv2.model import Vault, render_template
from fsmv2.notify.notification import Notification


class DeliveryError(Exception):
    """A notification was not taken. It never quotes a secret, an address with one, or a header."""

    def __init__(self, message: str, *, retry: bool = True, after: float = 0.0) -> None:
        """`retry`: whether the same may succeed later; `after`: seconds that are to pass first."""
        super().__init__(message)
        self.message = message
        self.retry = retry
        self.after = after


class Channel(Protocol):
    """One way to deliver; used by one thread at a time."""

    kind: str

    @property
    def address(self) -> str:
        """Where to, as it may be shown."""

    def send(self, one: Notification) -> str:
        """Deliver it; what was answered. DeliveryError: it was not. Blocks, for a bounded time."""

    def abort(self) -> None:
        """Have a `send` that is going on end soon; from any thread."""


class Texts:
    """The texts of a target with its variables, the notification and its secrets put in."""

    def __init__(self, variables: Mapping[str, Any], vault: Vault) -> None:
        self._globals = {"global": variables}
        self._vault = vault

    def of(self, structure: Any, one: Notification | None = None) -> Any:
        """`structure` rendered. DeliveryError: a variable is not there, or a secret was changed.

        Secrets are put in last, and a notification holds no token of one, so that nothing that a
        device or a program said can ask for a secret.
        """
        told = {} if one is None else scope_of(one)
        try:
            return self._vault.reveal(render_template(structure, {**self._globals, **told}))
        except FsmError as error:
            raise DeliveryError(self._vault.redact(error.message), retry=False) from None

    def redact(self, text: str) -> str:
        """`text` without the values of secrets."""
        return self._vault.redact(text)


def scope_of(one: Notification) -> dict[str, Any]:
    """What a template may name of a notification: all its keys, also those that are empty."""
    return {name: getattr(one, name) for name in one.__struct_fields__}


def as_json(one: Notification) -> bytes:
    """As targets are sent it."""
    return msgspec.json.encode(one)
