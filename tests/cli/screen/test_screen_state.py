"""What each key changes in what is shown."""

from __future__ import annotations

from sample_plant import plant

from fsmv2.cli.screen.screen_body import Asked, Body, body_of
from fsmv2.cli.screen.screen_state import ScreenState, pressed

ROWS = plant(30, bad={3})


def body_for(state: ScreenState) -> Body:
    return body_of(ROWS, state.asked, 40, 80)


def after(*keys: str, quit_text: str = "", state: ScreenState | None = None) -> ScreenState:
    state = state or ScreenState()
    for key in keys:
        state = pressed(state, key, body_for(state), 10, quit_text)
    return state


def test_the_first_key_selects_what_is_seen_first_and_the_next_moves() -> None:
    assert after("down").cursor == "!edge/press-03/connection"
    assert after("down", "j").cursor == "edge"
    assert after("down", "down", "up", "k", "k").cursor == "!edge/press-03/connection"
    assert after("end").cursor == "edge/press-29"
    assert after("end", "home").cursor == "!edge/press-03/connection"
    assert after("down", "page down", "page down").cursor == "edge/press-15"


def test_unfold_and_fold() -> None:
    opened = after("end", "right")
    assert len(body_for(opened).entries) == len(body_for(ScreenState()).entries) + 3
    closed = after("left", state=opened)
    assert len(body_for(closed).entries) == len(body_for(ScreenState()).entries)
    assert after("space", "space", state=after("end")).asked == closed.asked
    assert after("left", state=closed).cursor == "edge", "what is folded leads to its parent"
    assert len(body_for(after("+")).entries) == 1 + len(ROWS)
    assert after("+", "-").asked == Asked()


def test_a_filter_is_typed_kept_and_given_up() -> None:
    typed = after("/", "p", "x", "backspace", "space", "q", "?")
    assert (typed.asked.text, typed.typing, typed.done) == ("p q?", True, False)
    assert not after("enter", state=typed).typing
    assert after("enter", state=typed).asked.text == "p q?"
    assert after("escape", state=typed).asked.text == ""
    assert after("ctrl-u", "a", state=typed).asked.text == "a"


def test_escape_undoes_the_selection_and_then_what_was_asked() -> None:
    state = after("t", "end", "escape")
    assert (state.cursor, state.asked.trouble) == ("", True)
    assert after("escape", state=state) == ScreenState()


def test_details_of_the_selected_one_are_read_and_left() -> None:
    read = after("down", "enter", "down", "page down")
    assert (read.view, read.path, read.scroll) == ("details", "edge/press-03/connection", 10)
    assert after("escape", state=read).view == "tree"
    assert after("enter").view == "tree", "nothing is selected"


def test_help_is_shown_and_left() -> None:
    assert after("?").view == "help"
    assert after("?", "?").view == after("?", "q").view == "tree"
    assert not after("?", "q").done


def test_q_leaves_unless_more_would_end_than_the_screen() -> None:
    assert after("q").done
    here = after("q", quit_text="Ctrl-C stops the tree")
    assert (here.done, here.message) == (False, "Ctrl-C stops the tree")
    assert after("j", state=here).message == ""


def test_any_key_is_harmless_where_there_is_nothing() -> None:
    nothing = body_of({}, Asked(), 10, 80)
    keys = ["up", "down", "page down", "end", "left", "right", "space", "enter", "+", "-", "t", "é"]
    for key in (*keys, "tab", "f1", "escape", "backspace", "ctrl-u"):
        for view in ("tree", "details", "help"):
            pressed(ScreenState(view=view, cursor="gone"), key, nothing, 0)  # type: ignore[arg-type]
