"""The root declared last, by a program, and declared again when a secret changes.

Both may come from any thread, so each goes through here: a secret that changes must never bring
back what a program has just replaced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.core import Declared, EngineSettings, Event
from fsmv2.model import ChildSpec, Vault


class DeclaredRoot:
    """Hands declarations to the core, with the secrets of now, and remembers the last one."""

    def __init__(self, post: Callable[[Event], None], vault: Vault | None) -> None:
        self._post = post
        self._vault = vault if vault is not None else Vault()
        self._lock = threading.Lock()
        self._last: tuple[ChildSpec, Mapping[str, Any]] | None = None

    def declare(
        self, root: ChildSpec, global_variables: Mapping[str, Any] | None, who: str
    ) -> None:
        """The tree is to be this; the fleet-wide variables default to those of the root's spec."""
        if global_variables is None:
            global_variables = root.user_spec.variables.global_
        with self._lock:
            self._last = (root, global_variables)
            self._declare(who, {})

    def replace(
        self,
        root: ChildSpec,
        who: str,
        *,
        secrets: Vault,
        settings: EngineSettings | None,
        now: float,
    ) -> Event:
        """The tree is to be this, with the secrets of the document it was made of.

        `settings`: those of the engine from now on; None: they stay. Returns what was posted.
        """
        with self._lock:
            self._vault.take_over(secrets, now)
            self._last = (root, root.user_spec.variables.global_)
            return self._declare(who, {}, settings)

    def redeclare(self, values: Mapping[str, str], now: float) -> None:
        """The tree is to be what it is, with these new values of secret files.

        Of a file that is declared no more nothing is taken: another root was declared meanwhile.
        """
        with self._lock:
            changed = {
                f"file:{path}": report
                for path, value in sorted(values.items())
                if (report := self._vault.replace(path, value, now))
            }
            if changed and self._last is not None:
                self._declare("a changed secret", changed)

    def _declare(
        self, who: str, changed: Mapping[str, str], settings: EngineSettings | None = None
    ) -> Event:
        # One that was made before a secret changed may bear the token of then.
        assert self._last is not None  # noqa: S101  (callers have set it)
        root, global_variables = self._last = self._vault.current(self._last)
        event = Declared(root, global_variables, who, changed, settings)
        self._post(event)
        return event
