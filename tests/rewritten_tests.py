"""Rewrites the assertions of tests that have changed, each process of pytest-xdist a share of them.

Each process collects all tests. In a fresh clone none is compiled yet, and since the processes come
to each file at the same time, each would compile all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def rewrite_share(config: pytest.Config, files: list[Path]) -> None:
    """Compile those of `files` that fall to this process, unless that was done before."""
    of: dict[str, str | int] = getattr(config, "workerinput", {})
    if not of or sys.dont_write_bytecode:
        return
    state = config.stash[rewrite.assertstate_key]
    first = int(str(of["workerid"]).removeprefix("gw"))
    for file in files[first :: int(of["workercount"])]:
        folder = rewrite.get_cache_dir(file)
        kept = folder / (file.stem + rewrite.PYC_TAIL)
        if rewrite._read_pyc(file, kept, state.trace) is None and rewrite.try_makedirs(folder):
            source_hash, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(state, code, source_hash, kept)
