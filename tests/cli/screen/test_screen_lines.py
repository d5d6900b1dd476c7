"""The lines of a screen: what is shown in which space, and what gives way."""

from __future__ import annotations

import pytest
from sample_plant import content, framed, plant, row, text_of, texts

from fsmv2.cli.column_width import columns
from fsmv2.cli.console import Styled
from fsmv2.cli.screen.screen_body import Asked
from fsmv2.cli.screen.screen_help import text_frame
from fsmv2.cli.screen.screen_lines import ScreenLines
from fsmv2.cli.screen.screen_panels import fairly
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.tree_display import DisplayedEvent

NASTY = "a\x1b]0;TITLE\x07b\x9b31mc\u202ed\u2028e\rf\ng"
LONG = "the device at 10.0.0.7:502 answers with exception 2, illegal data address, at register " * 3


def test_the_whole_tree_and_the_trouble_of_a_small_plant() -> None:
    shown = texts(framed(content(plant(2, bad={1}), events=9), 80, 24))
    clock = shown[0].split("  ")[1]
    assert [line.replace(clock, "CLOCK") for line in shown] == [
        "fsmv2 run plant.yaml  CLOCK  8 running  2 degraded",
        "need a look: 1 degraded",
        "degraded  edge/press-01/connection  down    2m",
        "    127.0.0.1:15020 does not answer: connection refused; 9 tries in 2 min",
        "",
        "edge              agent       running     2m  as it should be",
        "├─ broker         broker      active      2m  as it should be",
        "├─ press-00       bridge      active      2m  as it should be",
        "│  ├─ connection  connection  up          2m  as it should be",
        "│  ├─ read        dataflow    active      2m  as it should be",
        "│  └─ write       dataflow    active      2m  as it should be",
        "└─ press-01       bridge      degraded    2m  connection down",
        "   ├─ connection  connection  down        2m  127.0.0.1:15020 does not answer: …",
        "   ├─ read        dataflow    active      2m  as it should be",
        "   └─ write       dataflow    active      2m  as it should be",
        "── what happened last ──────────────────────────────────────────────────────────",
        *(f"{texts_clock(n)}  edge/press-00  starting → active: {n}" for n in range(2, 9)),
        "↑↓ select  ←→ fold  enter details  / filter  t trouble  ? help",
    ]


def texts_clock(at: int) -> str:
    from fsmv2.operate.time_text import clock_text

    return clock_text(float(at))[:8]


def test_thirty_healthy_bridges_are_all_shown_where_they_fit() -> None:
    shown = texts(framed(content(plant(30), events=100), 200, 50))
    for number in range(30):
        assert sum(f"─ press-{number:02} " in line for line in shown) == 1
    assert sum("+ 2 dataflow, 1 connection" in line for line in shown) == 30
    assert "" not in shown, "no line is empty while there is something to tell"
    assert len(shown) == 50


def test_with_more_space_their_children_are_shown_too() -> None:
    shown = texts(framed(content(plant(30), events=100), 200, 140))
    assert sum("└─ write" in line for line in shown) == 30


def test_where_they_do_not_fit_as_many_as_possible_and_how_many_there_are() -> None:
    shown = texts(framed(content(plant(30), events=100), 80, 24))
    assert sum("press-" in line and "bridge" in line for line in shown) == 16
    assert shown[-1].endswith("1–18 of 32")


def test_ten_thousand_workers_fit_on_any_screen() -> None:
    rows = plant(2500, bad=range(100))
    for width, height in ((80, 24), (200, 50), (20, 5)):
        frame = framed(content(rows, events=100), width, height)
        assert len(frame.lines) == height
        assert any("+ " in text and "alike" in text for text in texts(frame)) or height == 5


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (20, 5), (7, 3), (1, 1), (500, 200)])
def test_h84_no_line_is_too_long_and_none_has_what_a_terminal_would_obey(
    size: tuple[int, int],
) -> None:
    for name in ("press", "プレス機械二号", NASTY, "e\u0301" * 30):
        for reason in ("", LONG, "接続が拒否されました " * 9, NASTY):
            check_any_screen(*size, name, reason)


def check_any_screen(width: int, height: int, name: str, reason: str) -> None:
    rows = plant(3, bad={1}, reason=reason)
    rows[f"edge/{name}"] = row(f"edge/{name}", reason=reason, overrides=(reason,))
    event = DisplayedEvent(0.0, name, "note", "error", reason, stream="out")
    wrote = DisplayedEvent(0.0, name, "output", "info", reason, stream="out")
    shown = content(rows, notes=[Styled(reason)], below=[[(Styled(reason),), (name,)]])
    shown = shown._replace(title=name, events=[event] * 5, outputs=[[wrote] * 3])
    for state in (
        ScreenState(),
        ScreenState(cursor=f"edge/{name}"),
        ScreenState(typing=True, asked=Asked(text=reason)),
        ScreenState(message=reason),
    ):
        for keys in (True, False):
            frame = ScreenLines().frame(shown, state, width, height, keys=keys)
            assert len(frame.lines) <= height
            for line in frame.lines:
                text = text_of(line)
                assert columns(text) <= width
                assert text.isprintable() or not text


def test_columns_stay_straight_below_wide_characters() -> None:
    rows = plant(1)
    rows["edge/プレス"] = row("edge/プレス", state="起動中")
    lines = [text for text in texts(framed(content(rows), 80, 24)) if "as it should" in text]
    assert len({columns(line[: line.index("2m")]) for line in lines}) == 1


def test_a_reason_is_wrapped_before_it_is_cut() -> None:
    rows = plant(1)
    rows["edge/broker"] = row("edge/broker", "broker", reason=LONG)
    shown = texts(framed(content(rows), 100, 30))
    told = " ".join(line.lstrip("│ ") for line in shown)
    assert LONG.split()[-1] in told.split("exception 2")[-1]
    small = texts(framed(content(rows), 100, 10))
    assert sum("…" in line for line in small) == 1


def test_what_concerns_the_whole_tree_is_wrapped_too() -> None:
    shown = texts(framed(content(plant(3), notes=[Styled(LONG[:150])]), 60, 40))
    assert " ".join(LONG[:150].split()) in " ".join(" ".join(shown[2:5]).split())


def test_the_reason_of_one_in_trouble_is_whole_also_where_it_is_narrow() -> None:
    shown = texts(framed(content(plant(3, bad={1}, reason=LONG)), 60, 40))
    told = " ".join(" ".join(shown).split())
    assert " ".join(LONG.split()) in told


def test_the_reason_of_the_selected_one_is_whole() -> None:
    rows = plant(30)
    rows["edge/press-03"] = row("edge/press-03", reason=LONG)
    for part in ("connection", "read", "write"):
        del rows[f"edge/press-03/{part}"]
    before = " ".join(" ".join(texts(framed(content(rows), 80, 24))).split())
    assert " ".join(LONG.split()) not in before
    frame = framed(content(rows), 120, 24, cursor="edge/press-03")
    told = " ".join(line.lstrip("│ ") for line in texts(frame))
    assert told.count("register") == 3
    assert any(part.reverse for line in frame.lines for part in line if isinstance(part, Styled))


def test_what_happened_is_wrapped_where_lines_are_left_and_its_path_cut_before() -> None:
    path = "works/hall-1/line-2/press-07/connection"
    event = DisplayedEvent(0.0, path, "transition", "warning", LONG)
    shown = content(plant(1), events=3)._replace(events=[event] * 2)
    wide = texts(framed(shown, 80, 30))
    assert sum("…" in line and "press-07/connection" in line for line in wide) == 2
    assert sum("register" in line for line in wide) == 6
    small = texts(framed(shown, 80, 14))
    assert sum("the device at" in line for line in small) == 2
    assert not any("register" in line for line in small)


def test_what_stands_below_gives_way_to_the_rows_the_last_block_first() -> None:
    below = [[("values",)] * 3, [("hints",)] * 3]
    small = texts(framed(content(plant(3), events=9, below=below), 80, 24))
    large = texts(framed(content(plant(3), events=9, below=below), 80, 40))
    assert ("values" in small, "hints" in small) == (True, False)
    assert large.count("hints") == 3
    assert sum("starting → active" in line for line in small) >= 2


def test_what_processes_wrote_has_a_part_of_its_own_that_pushes_no_event_off() -> None:
    lines = [DisplayedEvent(0.0, "edge/web", "output", "info", f"line {n}") for n in range(8)]
    for height, outputs, events in ((60, 8, 9), (14, 2, 2)):
        shown = texts(framed(content(plant(1), events=9, outputs=[lines]), 100, height))
        assert sum("│ line " in text for text in shown) >= outputs
        assert sum("starting → active" in text for text in shown) >= events
        assert any("│ line 7" in text for text in shown)


def test_on_a_tiny_screen_there_are_only_rows() -> None:
    shown = texts(framed(content(plant(3), events=9), 20, 5))
    assert shown[0] == "fsmv2 run plant.yaml"
    assert any("broker" in line for line in shown)
    assert not any("happened" in line for line in shown)


def test_a_filter_that_nothing_matches_says_so() -> None:
    shown = texts(framed(content(plant(3)), 80, 24, asked=Asked(text="nowhere")))
    assert "no worker matches" in shown
    assert "no workers yet" in texts(framed(content({}), 80, 24))


def test_scrolling_follows_the_selection_and_fills_the_screen_at_the_end() -> None:
    rows = plant(30)
    frame = framed(content(rows), 80, 24, cursor="edge/press-29")
    assert frame.top + frame.page == 32
    assert any("press-29" in line for line in texts(frame))
    back = framed(content(rows), 80, 24, cursor="edge", top=frame.top)
    assert back.top == 0


def test_the_last_line_is_what_is_typed_or_a_message() -> None:
    assert texts(framed(content(plant(1)), 80, 24, typing=True, asked=Asked(text="br")))[
        -1
    ].startswith("filter: br█")
    assert texts(framed(content(plant(1)), 80, 24, message="Ctrl-C stops"))[-1] == "Ctrl-C stops"
    assert texts(framed(content(plant(1)), 80, 24, asked=Asked(text="br")))[-1].startswith(
        "filter: br  esc shows all"
    )


def test_one_that_is_well_by_itself_and_runs_unhealthy_stands_out() -> None:
    rows = {"edge": row("edge", healthy=False), "other": row("other")}
    frame = framed(content(rows), 80, 24)
    colours = {
        text_of(line).split()[0]: part.fg
        for line in frame.lines
        for part in line
        if isinstance(part, Styled) and part.text.strip() == "active"
    }
    assert colours == {"edge": "yellow", "other": "green"}


def test_one_that_writes_much_leaves_room_for_the_others() -> None:
    def line(path: str, text: str, at: float) -> DisplayedEvent:
        return DisplayedEvent(at, path, "output", "info", text, stream="out")

    loud = [line("loud", str(n), at=10 + n) for n in range(100)]
    quiet = [line("quiet", "a", at=1), line("quiet", "b", at=2)]
    shown = [f"{x.path} {x.text}" for x in fairly([loud, quiet], 5)]
    assert shown == ["quiet a", "quiet b", "loud 97", "loud 98", "loud 99"]
    assert [x.text for x in fairly([loud, quiet], 1)] == ["99"]
    assert fairly([], 5) == []


def test_a_text_is_scrolled_no_further_than_to_its_end() -> None:
    lines = [(f"line {n}",) for n in range(100)]
    shown, scroll = text_frame(lines, "title", 1000, 40, 10)
    assert scroll == 92
    assert [text_of(line) for line in shown[:2]] == ["title", "line 92"]
    assert text_of(shown[-1]).endswith("0 more lines")
    assert len(shown) == 10
