"""A command of which exit code 2 says something else than that its words are wrong."""

from __future__ import annotations

from typing import Any

from fsmv2.cli.command_examples import CommandWithExamples
from fsmv2.cli.exit_codes import FAILED, USAGE


class UsageFails(CommandWithExamples):
    """Wrong words end with 1, like every other failure of it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read the words of the command line."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except Exception as error:
            if getattr(error, "exit_code", None) == USAGE:
                vars(error)["exit_code"] = FAILED
            raise
