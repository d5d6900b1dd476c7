"""The root declared last, by a program, and declared again when a secret changes.

Both may come from any thread, so each goes through here: a secret that changes must never bring
back what a program has just replaced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.core import Declared, Event
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

    def redeclare(self, changed: Mapping[str, str]) -> None:
        """The tree is to be what it is, with secrets that changed: by source, what is reported."""
        with self._lock:
            if self._last is not None:
                self._declare("a changed secret", changed)

    def _declare(self, who: str, changed: Mapping[str, str]) -> None:
        if self._last is not None:
            # One that was made before a secret changed may bear the token of then.
            root, global_variables = self._last = self._vault.current(self._last)
            self._post(Declared(root, global_variables, who, changed))
