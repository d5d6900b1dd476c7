"""What a person has chosen to see of a tree, and what each key changes in that, and nothing else.

No key changes the tree: who looks at a plant at night must be able to press any.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fsmv2.cli.screen.screen_body import Asked, Body

ALL = 1_000_000


class ScreenState(msgspec.Struct, frozen=True):
    """What is shown. `asked`: which rows; `cursor`: the key of the entry that is selected; `top`:
    the first entry that is shown; `typing`: keys are text of the filter; `view`: of `details`,
    `path` is whose, and `scroll` the first line of it; `done`: who watches has had enough.
    """

    asked: Asked = Asked()
    cursor: str = ""
    top: int = 0
    typing: bool = False
    view: Literal["tree", "details", "help"] = "tree"
    path: str = ""
    scroll: int = 0
    done: bool = False
    message: str = ""


def pressed(
    state: ScreenState, key: str, body: Body, page: int, quit_text: str = ""
) -> ScreenState:
    """The state after a key, given what is shown. `page`: entries of a screen; `quit_text`: what
    is shown for `q` where leaving the screen would end more than that.
    """
    state = msgspec.structs.replace(state, message="")
    if state.typing:
        return _typed(state, key)
    if key in ("q", "Q") and state.view == "tree":
        if quit_text:
            return msgspec.structs.replace(state, message=quit_text)
        return msgspec.structs.replace(state, done=True)
    if key in ("?", "f1"):
        view = "tree" if state.view == "help" else "help"
        return msgspec.structs.replace(state, view=view, scroll=0)
    if state.view != "tree":
        return _read(state, key, page)
    return _in_tree(state, key, body, page)


def _typed(state: ScreenState, key: str) -> ScreenState:
    text = state.asked.text
    if key in ("enter", "escape"):
        text = text if key == "enter" else ""
        return msgspec.structs.replace(state, typing=False, asked=state.asked._replace(text=text))
    if key == "backspace":
        text = text[:-1]
    elif key == "ctrl-u":
        text = ""
    elif len(key) == 1 or key == "space":
        text += " " if key == "space" else key
    return msgspec.structs.replace(state, asked=state.asked._replace(text=text), top=0)


def _read(state: ScreenState, key: str, page: int) -> ScreenState:
    """A key where a text is read."""
    if key in ("escape", "enter", "q", "left", "backspace"):
        return msgspec.structs.replace(state, view="tree", path="", scroll=0)
    moved = max(0, state.scroll + _steps(key, page))
    return msgspec.structs.replace(state, scroll=moved)


def _in_tree(state: ScreenState, key: str, body: Body, page: int) -> ScreenState:
    at = body.find(state.cursor) if state.cursor else None
    steps = _steps(key, page)
    if steps and body.entries:
        if at is None:
            at = state.top if abs(steps) < ALL else 0
            steps = 0 if abs(steps) == 1 else steps
        moved = min(max(0, at + steps), len(body.entries) - 1)
        return msgspec.structs.replace(state, cursor=body.entries[moved].key)
    if key == "/":
        return msgspec.structs.replace(state, typing=True)
    if key == "t":
        asked = state.asked._replace(trouble=not state.asked.trouble)
        return msgspec.structs.replace(state, asked=asked, top=0)
    if key == "escape":
        # The last thing that was done first: what is selected, then what is left out.
        if state.cursor:
            return msgspec.structs.replace(state, cursor="")
        return msgspec.structs.replace(state, asked=Asked(), top=0)
    if key == "-":
        asked = state.asked._replace(opened=frozenset(), closed=frozenset())
        return msgspec.structs.replace(state, asked=asked, top=0)
    if key in ("+", "*"):
        every = frozenset(entry.row.path for entry in body.entries)
        asked = state.asked._replace(opened=state.asked.opened | every, closed=frozenset())
        return msgspec.structs.replace(state, asked=asked)
    if at is None:
        return state
    entry = body.entries[at]
    path = entry.row.path
    if key == "enter":
        return msgspec.structs.replace(state, view="details", path=path, scroll=0)
    if entry.guide is None:
        return state
    asked = state.asked
    if key == "space":
        key = "right" if entry.folded is not None else "left"
    if key in ("right", "l"):
        asked = asked._replace(opened=asked.opened | {path}, closed=asked.closed - {path})
        return msgspec.structs.replace(state, asked=asked)
    if key in ("left", "h"):
        below = path + "/"
        if not any(one.guide and one.row.path.startswith(below) for one in body.entries):
            above = body.find(path.rpartition("/")[0]) if "/" in path else None
            return state if above is None else _on(state, body, above)
        opened = frozenset(one for one in asked.opened if one != path)
        asked = asked._replace(opened=opened, closed=asked.closed | {path})
        return msgspec.structs.replace(state, asked=asked)
    return state


def _on(state: ScreenState, body: Body, at: int) -> ScreenState:
    return msgspec.structs.replace(state, cursor=body.entries[at].key)


def _steps(key: str, page: int) -> int:
    """How far a key moves down; 0: it moves nothing."""
    page = max(1, page - 1)
    return {
        "up": -1,
        "k": -1,
        "down": 1,
        "j": 1,
        "page up": -page,
        "page down": page,
        "home": -ALL,
        "g": -ALL,
        "end": ALL,
        "G": ALL,
    }.get(key, 0)
