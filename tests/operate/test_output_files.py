"""What processes and the broker wrote is read once, in order, whatever stands in the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.host.process_folder import folder_of
from fsmv2.operate import output_files as module
from fsmv2.operate.output_files import output_files

FIRST = "2026-11-25T23:27:30.123Z out it serves\n"
SECOND = "2026-11-25T23:27:31.000Z err   no such plant\n"


def written(state: Path, path: str, text: str, name: str = "output.log") -> Path:
    folder = state / "processes" / folder_of(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_lines_have_their_time_stream_and_text(tmp_path: Path) -> None:
    written(tmp_path, "edge/web", "# 0 lines before these\n" + FIRST + SECOND)
    [_, current] = output_files(tmp_path, "edge/web")
    lines = list(current.lines())
    assert [(one.path, one.stream, one.text) for one in lines] == [
        ("edge/web", "out", "it serves"),
        ("edge/web", "err", "  no such plant"),
    ]
    assert lines[0].at == pytest.approx(1795649250.123)


def test_a_line_is_read_once_and_when_it_is_whole(tmp_path: Path) -> None:
    file = written(tmp_path, "edge/web", FIRST + SECOND[:30])
    [_, current] = output_files(tmp_path, "edge/web")
    assert len(list(current.lines())) == 1
    assert list(current.lines()) == []
    file.write_text(FIRST + SECOND)
    assert [one.stream for one in current.lines()] == ["err"]


def test_a_file_that_was_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = written(tmp_path, "edge/web", FIRST + SECOND)
    [_, current] = output_files(tmp_path, "edge/web")
    list(current.lines())
    file.rename(file.with_name("output.previous"))
    written(tmp_path, "edge/web", FIRST * 5)  # longer than what was read of the one before
    assert len(list(current.lines())) == 5


def test_of_a_long_file_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_AT_ONCE", 3 * len(FIRST) + 7)
    written(tmp_path, "edge/web", FIRST * 10)
    [_, current] = output_files(tmp_path, "edge/web")
    assert len(list(current.lines())) == 3


def test_the_log_of_the_broker_is_that_of_its_worker(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "nats-server.log").write_text(
        "[7] 2026/11/25 23:27:30.123456 [INF] Server is ready\nrubbish\n"
    )
    [file] = output_files(tmp_path, "edge/broker")
    assert [(one.path, one.stream, one.text) for one in file.lines()] == [
        ("edge/broker", "INF", "Server is ready")
    ]


def test_only_what_is_meant_is_read(tmp_path: Path) -> None:
    for path in ("edge/web", "edge/web/child", "edge/webcam"):
        written(tmp_path, path, FIRST)
    assert len(output_files(tmp_path, "edge/web")) == 4
    assert len(output_files(tmp_path)) == 6


def test_the_folder_of_a_long_path_is_found(tmp_path: Path) -> None:
    path = "edge/" + "w" * 300
    written(tmp_path, path, FIRST)
    assert len(output_files(tmp_path, path)) == 2


def test_a_file_that_cannot_be_read_gives_nothing(tmp_path: Path) -> None:
    written(tmp_path, "edge/web", FIRST).unlink()
    assert [list(one.lines()) for one in output_files(tmp_path, "edge/web")] == [[], []]
