"""Started as `python -I -S shim/__main__.py DIRECTORY`; what to do stands on standard input.

The directory is an argument so that `ps` shows which process is kept.
"""

import importlib
import os
import sys

BARE = ("fsmv2", "fsmv2.host", "fsmv2.builtin", "fsmv2.builtin.process")
"""Packages that are needed for what is in their folders only: what their `__init__` would import
is twenty times as large as all of this."""

if __name__ == "__main__":
    here = os.path.abspath(__file__)
    source = here.removesuffix(os.path.join("fsmv2", "builtin", "process", "shim", "__main__.py"))
    for name in BARE:
        sys.modules[name] = package = type(sys)(name)
        package.__path__ = [os.path.join(source, *name.split("."))]
    importlib.import_module("fsmv2.builtin.process.shim.loop").main(sys.argv[1])
