"""The reference page of error codes: what each means, a document with its message, and the fix.

The messages are those that reading the documents of `error_examples.py` really gives.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from error_examples import EXAMPLES, Example

from fsmv2.diagnostic import Diagnostic
from fsmv2.document import CATALOGUE
from fsmv2.errors import DocumentError
from fsmv2.operate.code_pages import error_classes
from fsmv2.plant import load_plant

INTRODUCTION = """\
Every error has a code that stays the same from version to version: in brackets behind *error* or
*warning*, and as `code` in `--json`. `fsmv2 explain CODE` prints the same in short. Codes of
worker classes are on the page of [the lint](lint.md).

Below each document stands what `fsmv2 validate plant.yaml` reports of it; other problems that the
same document has are left out. A warning does not keep a document from running.
"""


def errors_page(note: str) -> str:
    """Every code of a document with an example, then those that programs meet."""
    codes = sorted(CATALOGUE)
    rows = [f"| [`{code}`](#{code.lower()}) | {CATALOGUE[code][0]} |" for code in codes]
    others = [
        f"| `{code}` | {text} |"
        for code, text in sorted(error_classes().items())
        if code not in CATALOGUE
    ]
    return (
        f"# Error codes\n\n{note}\n{INTRODUCTION}\n## Errors of a document\n\n"
        "| code | error |\n|---|---|\n" + "\n".join(rows) + "\n\n"
        "## Other errors\n\nWhat a command or a program meets; each is a class of `fsmv2.errors`."
        "\n\n| code | meaning |\n|---|---|\n"
        + "\n".join(others)
        + "\n\n"
        + "\n".join(code_part(code) for code in codes)
    )


def code_part(code: str) -> str:
    """One code."""
    title, text = CATALOGUE[code]
    meaning, _, lines = text.rpartition("\n\n")
    parts = [f"## {code}", f"**{title}.** {meaning or ''}".strip()]
    if not meaning and "wrong:" not in lines and "right:" not in lines:
        parts[-1], lines = f"**{title}.** {lines}", ""
    if code in EXAMPLES:
        example = EXAMPLES[code]
        found = next(problem for problem in problems(example) if problem.code == code)
        parts += [fence("yaml", source(example)), fence("text", found.render())]
    if lines:
        parts += ["How to write it:" if "right:" in lines else "", fence("text", lines)]
    return "\n\n".join(filter(None, parts)) + "\n"


def source(example: Example) -> str:
    """What is shown of the files of an example."""
    first = next(iter(example.files.values()))
    return example.shown or str(first)


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def problems(example: Example) -> Sequence[Diagnostic]:
    """What reading it reports, as `fsmv2 validate` does in the folder of its files."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name, content in example.files.items():
            file = Path(name)
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            os.chmod(file, 0o644)  # whatever this user's umask is
        try:
            return load_plant(Path(example.document)).diagnostics
        except DocumentError as error:
            return error.diagnostics
