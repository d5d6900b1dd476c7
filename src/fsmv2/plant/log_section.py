"""`log:` of a document: from which level on what happens is logged, for all and by path."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fsmv2 import Diagnostic, SpecError
from fsmv2.model.decoder import Node
from fsmv2.model.decoder.other_words import OtherWords
from fsmv2.path_pattern import path_pattern
from fsmv2.runtime.log.log_levels import LevelName, LogLevels

Pattern = Annotated[str, msgspec.Meta(min_length=1)]
"""A path or, with `*`, several; all below them count as well."""


LEVEL_WORDS = OtherWords(
    {
        **dict.fromkeys(("verbose", "trace", "all", "fine"), "Write debug."),
        **dict.fromkeys(("notice", "information", "normal"), "Write info."),
        "warn": "Write warning.",
        **dict.fromkeys(
            ("fatal", "critical", "err", "emerg", "alert", "off", "none", "silent", "quiet"),
            "Write error, the least that is logged.",
        ),
    }
)


class LogSection(msgspec.Struct, frozen=True, kw_only=True):
    """`log:` from which level on what happens is logged.

    A pattern of `paths` holds for the workers it matches and for all below them; the nearest one
    counts.
    """

    level: Annotated[LevelName, LEVEL_WORDS] = "info"
    """The least level that is logged; `--log-level` overrides it."""
    paths: dict[Pattern, Annotated[LevelName, LEVEL_WORDS]] = {}
    """Other levels for some workers, by pattern of paths: `{…/filler*: debug}`."""


def log_levels(section: LogSection, level: str | None = None) -> LogLevels:
    """The levels of a section; `level` instead of its own, unless that is None."""
    paths = {text: (path_pattern(text), wanted) for text, wanted in section.paths.items()}
    return LogLevels(level or section.level, paths, fixed=level is not None)


def check_log(node: Node | None, fatal: list[Diagnostic]) -> None:
    """Note patterns that are none."""
    if node is None or node.kind != "mapping":
        return
    for text, place in node.value.items():
        try:
            path_pattern(str(text))
        except SpecError as error:
            fatal.append(place.problem("FSM0126", error.message, fix=error.fix))
