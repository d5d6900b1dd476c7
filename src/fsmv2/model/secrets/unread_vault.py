"""A vault that knows where secrets come from and reads none: for a look at a document elsewhere."""

from __future__ import annotations

from fsmv2.model.secrets.vault import Vault


class UnreadVault(Vault):
    """Every source is its own value: two documents that name one have equal tokens.

    Nothing may be run with it.
    """

    def __init__(self) -> None:
        super().__init__(key=bytes(16))  # nothing is secret in here, and two of them are to agree

    def from_environment(self, name: str, default: str | None = None, *, variable: str = "") -> str:
        """The token of an environment variable, whether it is set or not."""
        return self._keep(f"env:{name}", f"env:{name}", variable)

    def from_file(self, path: str, default: str | None = None, *, variable: str = "") -> str:
        """The token of a file, whether it is there or not."""
        return self._keep(f"file:{path}", f"file:{path}", variable)

    def exposed(self, path: str) -> bool:
        """Not looked at."""
        return False
