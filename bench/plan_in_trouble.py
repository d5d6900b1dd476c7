"""A plan of 10,000 workers in trouble: `python -m bench.plan_in_trouble --trouble circuits`.

A simulated plant on a virtual clock, of bridges with a connection and a flow each. `circuits`: of
the first 1,000 the device can be reached and the flow is not connected, so that their circuits are
open; `store`: each write of the store fails besides; `detect-only`: the whole tree only detects. A
change of two bridges is planned, one in trouble and one that is well, and then made: what happened
has to be what was foretold. Times are of the processor; memory is that of this process, in which
are the plant and both cores that are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.measure import resident
from fsmv2.core import Core
from fsmv2.core.checkpoint.restore import CheckpointReader
from fsmv2.core.checkpoint.take import checkpoint
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.plant import Plant, load_contents
from fsmv2.runtime.journal.data_types import DataTypes
from fsmv2.testing import PlantSurroundings, SimulatedStore, Simulation, register_simulated
from fsmv2.worker import WorkerFactory

HEAD = """\
agent: {name: plant, location: {enterprise: acme, site: north}}
broker: {url: "nats://127.0.0.1:4222"}
templates:
  press:
    connection: {host: "10.0.{{ .HOST }}", port: 502}
    read:
      input:
        modbus:
          address: "10.1.{{ .HOST }}:502"
          every: 1s
          registers: [{name: speed, address: "{{ .REGISTER }}"}]
      output: {uns: {}}
bridges:
"""


def document(bridges: int, changed: frozenset[int] = frozenset()) -> Plant:
    """The plant, in which those of `changed` read another register."""
    entries = "".join(
        f"  - {{name: m{n}, template: press, location: {{area: a{n // 20}, line: l{n}}},"
        f" variables: {{HOST: '{_host(n)}', REGISTER: {1 + (n in changed)}}}}}\n"
        for n in range(bridges)
    )
    return load_contents(Path("/plants/plant.yaml"), {"": (HEAD + entries).encode()})


def _host(number: int) -> str:
    return f"{number // 250}.{number % 250 + 1}"


def measure(bridges: int, circuits: int, trouble: str) -> dict[str, Any]:
    """Plan it, then make the change, and compare both."""
    plant, around, factory = document(bridges), PlantSurroundings(), WorkerFactory()
    register_simulated(factory, around)
    detects = trouble == "detect-only"
    settings = msgspec.structs.replace(plant.settings, detect_only=detects)
    store = SimulatedStore() if trouble == "store" else None
    for number in range(0 if detects else circuits):
        around.until["away", f"10.1.{_host(number)}:502"] = 1e9
    with Simulation(
        plant.root, factory, settings=settings, secrets=plant.vault, store=store
    ) as sim:
        sim.run(60.0)
        if store is not None:
            store.fails = "the disk is full"
        sim.run(10.0)
        figures: dict[str, float] = {
            "workers": len(sim.core.by_path),
            "open_circuits": sim.core.open_circuits,
        }
        other = document(bridges, frozenset({0, bridges - 1}))
        began, cpu = resident(), time.process_time()
        plan = compare(
            restored(sim.core),
            restored(sim.core),
            other.root,
            settings_before=DocumentSettings.of(plant),
            settings_after=DocumentSettings.of(other),
        )
        figures |= {"plan_cpu_s": time.process_time() - cpu, "plan_mb": (resident() - began) / 1e6}
        figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        before = {path: s.desired for path, s in sim.core.by_path.items()}
        sim.declare(other.root)
        sim.run(5.0)
        derived = {path for path, s in sim.core.by_path.items() if s.desired is not before[path]}
        assert derived == {one.path for one in plan.workers}, "what was foretold happened"
        return {"trouble": trouble, **figures, "foretold": plan.summary}


def restored(core: Core) -> Core:
    """A core that decides as `core` would."""
    taken = checkpoint(core)
    reader = CheckpointReader(taken.head, core.factory, DataTypes(core.factory))
    for part in taken.parts():
        reader.take(part)
    return reader.core


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.plan_in_trouble", description=__doc__)
    parser.add_argument("--bridges", type=int, default=3333)
    parser.add_argument("--circuits", type=int, default=1000)
    parser.add_argument(
        "--trouble", choices=("circuits", "store", "detect-only"), default="circuits"
    )
    args = parser.parse_args()
    figures = measure(args.bridges, args.circuits, args.trouble)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, **figures}, indent=2))


if __name__ == "__main__":
    main()
