"""Comments that silence a finding: `# fsmv2: ignore[CODE] reason`, on its line or right above."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, field

from fsmv2.lint.abstract_values import Module

_COMMENT = re.compile(r"#\s*fsmv2:\s*ignore\[([^\]]*)\]\s*(.*)")


@dataclass(eq=False)
class Suppression:
    """One comment; `line` counts from 1, `column` from 0. `used`: the codes it silenced."""

    line: int
    column: int
    codes: tuple[str, ...]
    reason: str
    alone: bool
    used: set[str] = field(default_factory=set)

    def covers(self, code: str, line: int) -> bool:
        """Whether a finding is silenced; a comment without a reason silences nothing."""
        here = line == self.line or (self.alone and line == self.line + 1)
        return here and code in self.codes and bool(self.reason)


def suppressions(module: Module) -> list[Suppression]:
    """The silencing comments of a file."""
    found = []
    text = "\n".join(module.lines) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        match = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if match is not None:
            line, column = token.start
            codes = tuple(code.strip().upper() for code in match[1].split(","))
            alone = not token.line[:column].strip()
            found.append(Suppression(line, column, codes, match[2].strip(), alone))
    return found
