"""The live tree: what a frame shows, and what gives way when the terminal is small."""

import io
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from fsmv2 import Phase
from fsmv2.cli.live_tree import LiveTree, age_text, fitting, guides, headline, rate_text, tree_table
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.core import Condition
from fsmv2.runtime import NodeView, TreeView


class Flow(msgspec.Struct, frozen=True):
    messages_per_second: float


def node(path: str, state: str = "active", phase: Phase = Phase.RUNNING, **more: Any) -> NodeView:
    given: dict[str, Any] = {
        "path": path,
        "name": path.rpartition("/")[2],
        "depth": path.count("/"),
        "type": "bridge",
        "state": state,
        "phase": phase,
        "healthy": phase is Phase.RUNNING,
        "fresh": True,
        "reason": "as it should be",
        "control": "active",
        "control_reason": "",
        "incarnation": 1,
        "since": 0.0,
        "age": 12.0,
        "observed_age": 0.1,
        "observed": None,
        "action": "",
        "conditions": (),
        "attempts": 0,
        "ticks": 3,
    }
    return NodeView(**{**given, **more})


PLANT = TreeView(
    0.0,
    (
        node("edge", "degraded", Phase.DEGRADED, reason="1 of 3 in trouble: capper"),
        node("edge/broker", "running"),
        node("edge/filler"),
        node("edge/filler/connection", "up"),
        node("edge/filler/dfc_read", observed=Flow(4.0), age=300.0),
        node("edge/capper", "degraded_connection", Phase.DEGRADED, reason="refused"),
        node("edge/capper/connection", "down", Phase.DEGRADED),
    ),
)


def drawn(tree: TreeView, rows: int = 40, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=100, **options)
    console.print(tree_table(tree, rows=rows))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_hold_is_shown_before_the_worker_s_own_reason() -> None:
    tree = TreeView(0.0, (node("edge", "paused", held="two open the door", reason="paused"),))
    assert "held: two open the door; paused" in drawn(tree)


def test_a_frame_shows_the_tree_with_states_reasons_ages_and_rates() -> None:
    assert [line.rstrip() for line in drawn(PLANT).splitlines()] == [
        "path              state                  since      rate  reason",
        "edge              degraded                12 s            1 of 3 in trouble: capper",
        "├─ broker         running                 12 s            as it should be",
        "├─ filler         active                  12 s            as it should be",
        "│  ├─ connection  up                      12 s            as it should be",
        "│  └─ dfc_read    active                 5 min     4.0/s  as it should be",
        "└─ capper         degraded_connection     12 s            refused",
        "   └─ connection  down                    12 s            as it should be",
    ]


def test_markup_in_a_reason_is_shown_as_it_is() -> None:
    tree = TreeView(0.0, (node("edge", reason="[red]not a colour[/red] [/]"),))
    assert "[red]not a colour[/red] [/]" in drawn(tree)


def test_a_condition_is_shown_before_the_reason() -> None:
    condition = Condition("Derived", "False", "variable 'PORT' is not defined", 0.0)
    tree = TreeView(0.0, (node("edge", conditions=(condition,), reason="waits"),))
    assert "Derived: variable 'PORT' is not defined; waits" in drawn(tree)


def test_a_condition_that_is_the_reason_is_shown_once() -> None:
    condition = Condition("Mapped", "False", "asks for 'on'", 0.0)
    tree = TreeView(0.0, (node("edge", conditions=(condition,), reason="asks for 'on'"),))
    assert drawn(tree).count("asks for 'on'") == 1


def test_one_that_runs_and_is_not_healthy_stands_out() -> None:
    """Green would say that all is well."""
    tree = TreeView(0.0, (node("edge", healthy=False), node("edge/a"), node("edge/b", fresh=False)))
    assert headline("plant", tree).plain.endswith("3 running  1 of the running not healthy")
    coloured = drawn(tree, force_terminal=True, color_system="standard")
    assert "\x1b[33mactive" in coloured
    assert "\x1b[32mactive" in coloured
    healthy = TreeView(0.0, (node("edge"),))
    assert headline("plant", healthy).plain.endswith("1 running")


def test_a_reason_of_several_lines_takes_one() -> None:
    tree = TreeView(0.0, (node("edge", reason="first\nsecond"),))
    assert len(drawn(tree).splitlines()) == 2


def test_without_room_healthy_leaves_give_way_and_trouble_stays() -> None:
    assert [n.path for n in fitting(PLANT.nodes, 5)] == [
        "edge",
        "edge/broker",
        "edge/filler",
        "edge/capper",
        "edge/capper/connection",
    ]


def test_what_does_not_fit_is_counted() -> None:
    many = TreeView(0.0, tuple(node(f"edge{i}") for i in range(100)))
    lines = drawn(many, rows=10).splitlines()
    assert len(lines) == 11  # with the heading
    assert "… and 91 more" in lines[-1]


def test_guides_lead_to_every_node_of_a_deep_tree() -> None:
    paths = ["a", "a/b", "a/b/c", "a/b/c/d", "a/e"]
    assert guides(tuple(node(path) for path in paths)) == ["", "├─ ", "│  └─ ", "│     └─ ", "└─ "]


def test_ages_are_short() -> None:
    ages = [0.4, 119, 120, 7200, 200_000]
    assert [age_text(age) for age in ages] == ["0 s", "119 s", "2 min", "2 h", "2 d"]


def test_only_what_moves_messages_has_a_rate() -> None:
    assert rate_text(Flow(0.5)) == "0.5/s"
    assert rate_text(None) == ""


def live(**options: Any) -> tuple[LiveTree, io.StringIO]:
    screen = io.StringIO()
    console = Console(file=screen, width=100, height=30, force_terminal=True, **options)
    return LiveTree(console, "fsmv2 run plant.yaml", lambda: [Text("below")]), screen


def test_the_live_tree_shows_events_and_leaves_the_last_tree_standing() -> None:
    show, screen = live()
    show.happened(
        DisplayedEvent(0.0, "edge/capper", "transition", "info", "active → down: refused")
    )
    show.happened(DisplayedEvent(0.0, "edge/capper", "circuit", "error", "circuit opened"))
    show.frame(PLANT)
    show.frame(TreeView(1.0, ()))  # all released
    show.close()
    last = screen.getvalue().rpartition("fsmv2 run plant.yaml")[2]
    for text in ("dfc_read", "active → down: refused", "circuit: circuit opened", "below"):
        assert text in last


def test_on_a_small_terminal_the_whole_tree_stays_and_the_rest_gives_way() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=100, height=14, force_terminal=True)
    show = LiveTree(console, "fsmv2", lambda: [Text("values"), Text("hints")])
    for number in range(8):
        show.happened(DisplayedEvent(0.0, "edge", "note", "info", f"event {number}"))
    show.frame(PLANT)
    show.close()
    last = screen.getvalue().rpartition("fsmv2")[2]
    assert all(node.name in last for node in PLANT.nodes)
    assert [n for n in range(8) if f"event {n}" in last] == [5, 6, 7]
    assert "hints" not in last


def test_no_colour_is_sent_when_none_is_wanted() -> None:
    show, screen = live(no_color=True)
    show.frame(PLANT)
    show.close()
    # Cursor movement stays, and bold or dim; colours (30–37, 90–97, 38;…) do not.
    assert not any(f"\x1b[{code}m" in screen.getvalue() for code in (31, 32, 33, 35, 36))


def test_a_picture_names_no_address_to_load_from(tmp_path: Path) -> None:
    show, _ = live()
    show.frame(PLANT)
    show.close()
    show.save_svg(tmp_path / "new" / "demo.svg")
    svg = (tmp_path / "new" / "demo.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "dfc_read" in svg
    assert svg.count("http") == svg.count("http://www.w3.org/2000/svg") + svg.count(
        "https://www.textualize.io"
    )
