"""Started as `python -I -S run.py DIRECTORY`; what to do stands on standard input.

The directory is an argument so that `ps` shows which process is kept.
"""

import importlib
import os
import sys

if __name__ == "__main__":
    # Found as a package of its own: below `fsmv2` it would import all of that.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    importlib.import_module("keeper.loop").main(sys.argv[1])
