"""`after`, `requires`, `restart` and `groups:` of a document: what they become, what is refused."""

from __future__ import annotations

import pytest

from fsmv2 import DocumentError, Group, VariableBundle
from fsmv2.builtin.agent import Agent
from fsmv2.plant import parse_plant

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:4222"}
processes:
  db: {command: [db]}
  job: {command: [job], ready: {ends: true}, restart: transient, requires: [db], after: [broker]}
  app: {command: [app], after: [job], detect_only: true}
groups:
  - {strategy: rest_for_one, members: [db, app]}
"""


def test_what_a_document_says_of_processes_stands_in_the_desired_state() -> None:
    spec = parse_plant(DOCUMENT).root.user_spec
    internal = VariableBundle(internal={"id": "edge"})
    desired = Agent().derive_desired_state(
        type(spec)(
            **{**{n: getattr(spec, n) for n in spec.__struct_fields__}, "variables": internal}
        ),
        None,
    )
    children = {child.name: child for child in desired.children_specs}
    assert (children["job"].restart, children["job"].requires) == ("transient", ("db",))
    assert children["job"].after == ("broker",)
    assert children["job"].user_spec.ready.ends
    assert (children["app"].after, children["app"].detect_only) == (("job",), True)
    assert desired.groups == (Group("rest_for_one", ("db", "app")),)


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        ("requires: [db]", "requires: [dbb]", "Did you mean 'db'?", 6),
        ("after: [job]", "after: [app]", "'app' cannot wait for itself", 7),
        (
            "  db: {command: [db]}",
            "  db: {command: [db], after: [app]}",
            "is circular",
            5,
        ),
        ("members: [db, app]", "members: [db, ap]", "Did you mean 'app'?", 9),
        (
            "members: [db, app]}",
            "members: [db, app]}\n  - {strategy: one_for_all, members: [app, job]}",
            "'app' is in a group already",
            10,
        ),
        ("rest_for_one", "rest_for_all", "rest_for_one", 9),
        ("members: [db, app]", "members: [db]", "2", 9),
        ("restart: transient", "restart: once", "transient", 6),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(
    old: str, new: str, said: str, line: int
) -> None:
    assert old in DOCUMENT
    with pytest.raises(DocumentError) as caught:
        parse_plant(DOCUMENT.replace(old, new))
    found = [d for d in caught.value.diagnostics if said in f"{d.message} {d.fix}"]
    assert found, [f"{d.message} {d.fix}" for d in caught.value.diagnostics]
    assert found[0].mark is not None
    assert found[0].mark.line == line


def test_the_broker_is_a_sibling_only_where_there_is_one() -> None:
    text = "agent: {name: edge}\nprocesses:\n  a: {command: [a], after: [broker]}\n"
    with pytest.raises(DocumentError, match="there is no process or bridge 'broker'"):
        parse_plant(text)
