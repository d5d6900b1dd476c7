"""`make monitor-demo`: the demo beside Prometheus and Alertmanager; a PLC dies, the alert comes.

Everything listens on loopback, on free ports, and is ended at the end. Prometheus and Alertmanager
are Debian's, fetched into a cache and not installed; rules and configuration are those of `ops/`
with shorter intervals.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from monitoring_servers import alertmanager, prometheus, query, receiver, until

from debian_tools import MissingToolError, fetched


def demo(folder: Path) -> subprocess.Popen[str]:
    """The demo of fsmv2, in a state directory of its own."""
    words = [sys.executable, "-m", "fsmv2.cli", "demo", "--for", "120s", "--state-dir", str(folder)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def hints(output: IO[str]) -> Iterator[tuple[str, str]]:
    """What the demo says can be tried: `kill`, a pid; `metrics`, an address."""
    for line in output:
        if found := re.search(r"kill -9 (\d+)\s+# filler", line):
            yield "kill", found[1]
        if found := re.search(r"http://(\S+)/metrics", line):
            yield "metrics", found[1]
            return


def main() -> int:
    """Run it; the exit code is 1 when no alert came."""
    try:
        for name in ("prometheus", "prometheus-alertmanager"):
            print(f"getting Debian's package {name}, from the cache if it is there")
            fetched(name)
    except MissingToolError as error:
        print(f"monitor-demo needs Debian's packages, which it does not install: {error}")
        return 1
    with tempfile.TemporaryDirectory(prefix="fsmv2-monitor-") as place:
        folder = Path(place)
        run = demo(folder / "demo")
        assert run.stdout is not None
        try:
            found = dict(hints(run.stdout))
            threading.Thread(target=run.stdout.read, daemon=True).start()
            if {*found} != {"kill", "metrics"}:
                print("the demo did not start; `make demo` says why")
                return 1
            alert = alert_of(folder, found["metrics"], int(found["kill"]))
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(60)
    print("\nthe on-call webhook received this alert:\n")
    print(f"  {alert['labels']['alertname']} ({alert['labels']['severity']})")
    for name in ("summary", "description", "action", "runbook_url"):
        print(f"  {name:12}{alert['annotations'][name]}")
    return 0


def alert_of(folder: Path, target: str, plc: int) -> dict[str, Any]:
    """The alert that arrives once the process of a PLC is killed."""
    with (
        receiver() as (webhook, got),
        alertmanager(folder, webhook) as manager,
        prometheus(folder, target, alertmanager=manager) as address,
    ):
        print(f"Prometheus: {address}   Alertmanager: http://{manager}   fsmv2: http://{target}")
        active = 'fsmv2_workers{type="bridge",state="active"} == 3'
        until("three active bridges", lambda: query(address, active))
        print("all three bridges are active; kills the PLC of the filler, and waits for the alert")
        subprocess.run(["kill", "-9", str(plc)], check=True)

        def arrived() -> dict[str, Any] | None:
            wanted = {"alertname": "WorkerInTrouble", "type": "connection"}
            return next((one for one in got if wanted.items() <= one["labels"].items()), None)

        found: dict[str, Any] = until("the alert", arrived)
        return found


if __name__ == "__main__":
    sys.exit(main())
