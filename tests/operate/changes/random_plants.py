"""Random plants as documents, random changes of them, and what operators and devices did before."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

BRIDGES, PROCESSES = ("filler", "capper", "press"), ("one", "two", "three", "four")
AREAS = ("east", "west")
TEMPLATES: dict[str, Any] = {
    name: {
        "connection": {"host": "{{ .IP }}", "port": 502},
        "read": {
            "input": {
                "modbus": {
                    "address": "{{ .IP }}:502",
                    "every": every,
                    "registers": [{"name": "speed", "address": "{{ .REGISTER }}"}],
                }
            },
            "output": {"uns": {}},
        },
    }
    for name, every in (("slow", "{{ .global.EVERY }}"), ("quick", "500ms"))
}
WORDS = ("fixed", "{{ .LEVEL }}", "{{ .global.UNIT }}", "{{ .location_path }}")
Plant = dict[str, Any]

numbers = st.integers(1, 3)


@st.composite
def bridges(draw: st.DrawFn) -> Plant:
    """One entry of `bridges:`, but for its name."""
    made: Plant = {
        "template": draw(st.sampled_from(sorted(TEMPLATES))),
        "location": {"area": draw(st.sampled_from(AREAS))},
        "variables": {"IP": f"10.0.0.{draw(numbers)}", "REGISTER": draw(numbers)},
    }
    made["enabled"] = draw(st.integers(0, 4)) > 0
    made["state"] = draw(st.sampled_from(["active", "active", "active", "stopped"]))
    return made


@st.composite
def processes(draw: st.DrawFn) -> Plant:
    """One entry of `processes:`."""
    return {
        "command": ["/bin/run", draw(st.sampled_from(WORDS))],
        "variables": {"LEVEL": draw(numbers)},
        "enabled": draw(st.integers(0, 4)) > 0,
        "requires": draw(st.lists(st.sampled_from(PROCESSES), max_size=1)),
        "after": draw(st.lists(st.sampled_from(PROCESSES), max_size=1)),
        "restart": draw(st.sampled_from(["permanent", "permanent", "transient"])),
    }


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    """A whole document, as data that may name what is not there; see `text`."""
    return {
        "site": draw(st.sampled_from(["north", "south"])),
        "global": {"EVERY": f"{draw(numbers)}s", "UNIT": draw(numbers)},
        "templates": copy.deepcopy(TEMPLATES),
        "bridges": draw(st.dictionaries(st.sampled_from(BRIDGES), bridges(), min_size=1)),
        "processes": draw(st.dictionaries(st.sampled_from(PROCESSES), processes(), min_size=1)),
        "groups": draw(st.lists(st.sampled_from(PROCESSES), max_size=3, unique=True)),
    }


@st.composite
def changed(draw: st.DrawFn, before: Plant) -> Plant:
    """The same plant after one to three changes."""
    after = copy.deepcopy(before)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, after)
    return after


def _change(draw: st.DrawFn, plant: Plant) -> None:
    section, names, entries = draw(
        st.sampled_from([("bridges", BRIDGES, bridges()), ("processes", PROCESSES, processes())])
    )
    name = draw(st.sampled_from(names))
    match draw(st.integers(0, 8)):
        case 0:
            plant[section].pop(name, None)
        case 1:
            plant[section][name] = draw(entries)
        case 2:
            if name in plant[section]:
                key = draw(st.sampled_from(sorted(plant[section][name])))
                plant[section][name][key] = draw(entries)[key]
        case 3:
            if name in plant[section]:
                key = draw(st.sampled_from(sorted(plant[section][name]["variables"])))
                plant[section][name]["variables"][key] = (
                    f"10.0.0.{draw(numbers)}" if key == "IP" else draw(numbers)
                )
        case 4:
            other = draw(st.sampled_from(names))
            if name in plant[section] and other not in plant[section]:
                plant[section][other] = plant[section].pop(name)
        case 5:
            plant["global"] = {"EVERY": f"{draw(numbers)}s", "UNIT": draw(numbers)}
        case 6:
            plant["site"] = "south" if plant["site"] == "north" else "north"
        case 7:
            flow = plant["templates"][draw(st.sampled_from(sorted(TEMPLATES)))]["read"]
            flow["input"]["modbus"]["every"] = f"{draw(numbers)}s"
        case _:
            plant["groups"] = draw(st.lists(st.sampled_from(PROCESSES), max_size=3, unique=True))


def text(plant: Plant) -> str:
    """The document, without what names something that is not there."""
    processes = {}
    for number, (name, entry) in enumerate(sorted(plant["processes"].items())):
        earlier = sorted(plant["processes"])[:number]
        orders = {key: [n for n in entry[key] if n in earlier] for key in ("requires", "after")}
        processes[name] = {**entry, **orders}
    members = [name for name in plant["groups"] if name in processes]
    document = {
        "agent": {"name": "plant", "location": {"enterprise": "acme", "site": plant["site"]}},
        "global": plant["global"],
        "broker": {"url": "nats://127.0.0.1:4222"},
        "templates": plant["templates"],
        "bridges": [{"name": name, **entry} for name, entry in plant["bridges"].items()],
        "processes": processes,
        "groups": [{"strategy": "one_for_all", "members": members}] if len(members) > 1 else [],
    }
    return json.dumps(document)


Deed = tuple[Any, ...]
PLACES = st.sampled_from([f"plant/{name}" for name in (*BRIDGES, *PROCESSES)])

deeds = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["pause", "stop", "restart"]), PLACES),
        st.tuples(st.just("set"), PLACES, st.sampled_from(["REGISTER", "LEVEL"]), numbers),
        st.tuples(st.just("trouble"), PLACES, st.integers(0, 11)),
    ),
    max_size=3,
)
"""What operators and devices did before."""
