"""`fsmv2 __paths PREFIX [DOCUMENT [STATE_DIR]]`: what the scripts of the shells call for paths."""

from __future__ import annotations

import sys

WORD = "__paths"


def print_paths(words: list[str]) -> None:
    """Print the paths that the first word may become, one a line; nothing if there are none."""
    # Nothing of Typer, Rich or our own types is loaded here: somebody waits for each keystroke.
    from fsmv2.operate.live_paths import live_paths

    prefix, document, state_dir, *_ = [*words, "", "", ""]
    for path in live_paths(prefix, document=document, state_dir=state_dir):
        if path.isprintable():  # a shell that completes a line would obey what is not
            sys.stdout.write(f"{path}\n")
