"""How much memory the data of the workers themselves takes: `python -m bench.own_data PARENTS`.

What their authors declare and derive: the child spec, the effective variables, the desired state
with its rendered config, the instance of the class. No engine is in between.
"""

from __future__ import annotations

import gc
import json
import sys
from typing import Any

from bench.measure import resident
from bench.tree import Group, Leaf, root
from fsmv2 import ChildSpec, VariableBundle
from fsmv2.model import inherit_variables, with_engine_keys


def derived(parents: int) -> list[Any]:
    """All that belongs to the workers of one tree, kept as long as the list is."""
    kept: list[Any] = []
    todo: list[tuple[ChildSpec, str, dict[str, Any]]] = [(root(parents), "", {})]
    location = {"enterprise": "acme", "site": "cologne", "0": "acme", "1": "cologne"}
    while todo:
        spec, above, inherited = todo.pop()
        path = f"{above}/{spec.name}" if above else spec.name
        user = dict(inherit_variables(inherited, spec.user_spec.variables.user))
        seen = with_engine_keys(
            user, parent_state="running", location=location, location_path="acme.cologne"
        )
        worker: Any = Leaf() if spec.worker_type == "leaf" else Group()
        bundle = VariableBundle.trusted(seen, {"contract": "_raw"}, {"id": path})
        own = type(spec.user_spec)(
            variables=bundle,
            **({"children": spec.user_spec.children} if worker.__class__ is Group else {}),  # type: ignore[attr-defined]
        )
        desired = worker.derive_desired_state(own, None)
        kept.append((spec, own, desired, worker))
        todo.extend((child, path, user) for child in desired.children_specs)
    return kept


def main() -> None:
    """Measure and print one JSON object."""
    parents = int(sys.argv[1])
    derived(1)
    gc.collect()
    before = resident()
    kept = derived(parents)
    gc.collect()
    print(json.dumps({"own_data_b": (resident() - before) / len(kept)}))


if __name__ == "__main__":
    main()
