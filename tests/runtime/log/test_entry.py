"""One line of the log: the fields in order, and nothing in it that a terminal obeys."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from fsmv2.runtime.log.entry import COMMON, LogEntry, json_line
from fsmv2.runtime.log.other_events import ProcessOutput, WorkerLogged

NASTY = "a\x1b]0;T\x07b\x9b31m\u202ec\u2028d\re\nf"


def test_a_line_begins_with_the_fields_that_all_have_and_ends_with_the_message() -> None:
    event = ProcessOutput(stream="out", written_at="2026-01-01T00:00:00.000Z")
    entry = LogEntry(
        0.25, "info", event.name, "hello", "g/a", "process", 3, 17, "running", event, repeated=4
    )
    found = json.loads(json_line(entry))
    assert tuple(found)[: len(COMMON)] == COMMON
    assert tuple(found)[len(COMMON) :] == ("stream", "written_at", "repeated", "message")
    assert (found["time"], found["cause"]) == ("1970-01-01T00:00:00.250Z", 17)


def test_h84_no_text_in_it_moves_a_cursor_not_even_when_it_is_decoded() -> None:
    event = WorkerLogged(fields={NASTY: [NASTY, {"deep": NASTY}]}, exception=f"one\n{NASTY}")
    entry = LogEntry(0.0, "warning", event.name, NASTY, path=NASTY, state=NASTY, fields=event)
    text = json_line(entry)
    assert text.isprintable()
    found = json.loads(text)
    assert found["message"] == r"a\x1b]0;T\x07b\x9b31m\u202ec\u2028d\re\nf"
    assert found.pop("exception").count("\n") == 2
    shown = json.dumps(found, ensure_ascii=False)
    assert shown.isprintable()
    assert "\\u00" not in shown.replace("\\\\u00", "")


def test_what_is_no_data_is_shown_as_text() -> None:
    event = WorkerLogged(fields={"given": object, "set": {1}, "many": {2: "two"}})
    found = json.loads(json_line(LogEntry(0.0, "info", event.name, "", fields=event)))
    assert found["fields"]["many"] == {"2": "two"}
    assert "object" in found["fields"]["given"]


def obeyed(text: str) -> set[str]:
    """The categories of what a terminal obeys or hides: controls, marks, separators of lines."""
    return {unicodedata.category(c) for c in text if c != "\t"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(text=st.text(), key=st.text(min_size=1))
def test_h84_any_text_makes_one_line_that_can_be_read_again(text: str, key: str) -> None:
    event = WorkerLogged(fields={key: [text]}, exception=text)
    line = json_line(LogEntry(0.0, "info", event.name, text, path=text, fields=event))
    assert not obeyed(line)
    found = json.loads(line)
    assert not obeyed(found["message"] + found["path"] + str(found["fields"]))
