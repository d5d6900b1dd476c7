"""One simulated PLC as the demo starts it: the simulator on a leash.

`python -m fsmv2.cli.demo.plc_process --port N`. It ends when its stdin does, so that a demo that
was itself killed leaves no PLC behind that keeps its port.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading


def end_with_stdin() -> None:
    """Wait until whoever started us is gone."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_stdin, daemon=True).start()
    runpy.run_module("fsmv2.flow.inputs.modbus.simulator", run_name="__main__", alter_sys=True)
