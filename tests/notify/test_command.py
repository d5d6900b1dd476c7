"""A command gets a notification: bounded in time, output and environment."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest
from tests.notify.samples import eventually, told

from fsmv2.model import Vault
from fsmv2.notify import CommandSettings
from fsmv2.notify.channel import DeliveryError, Texts
from fsmv2.notify.command import INHERITED, CommandChannel


def command(texts: Texts, code: str, *arguments: str, timeout: float = 30.0) -> CommandChannel:
    return CommandChannel(
        CommandSettings(arguments=(sys.executable, "-c", code, *arguments), timeout=timeout), texts
    )


def refused(one: CommandChannel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        one.send(told())
    return caught.value


def test_it_gets_json_on_its_input_and_no_shell(texts: Texts, tmp_path: Path) -> None:
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read() + '\\n' + sys.argv[2])"
    out = tmp_path / "out"
    one = told("it failed; rm -rf $HOME `id`")
    made = command(texts, code, str(out), "--text={{ .message }}")
    assert made.send(one) == "exit code 0"
    first, second = out.read_text().split("\n")
    assert json.loads(first)["message"] == "it failed; rm -rf $HOME `id`"
    assert second == "--text=it failed; rm -rf $HOME `id`"


def test_its_environment_has_no_secret_but_those_it_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SMS_KEY", "hunter2-and-more")
    vault = Vault()
    token = vault.from_environment("SMS_KEY")
    out = tmp_path / "out"
    code = "import os, sys, json; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    settings = CommandSettings(
        arguments=(sys.executable, "-c", code, str(out)), env={"KEY": "{{ .global.SMS_KEY }}"}
    )
    CommandChannel(settings, Texts({"SMS_KEY": token}, vault)).send(told())
    found = json.loads(out.read_text())
    assert found.pop("KEY") == "hunter2-and-more"
    assert set(found) <= {*INHERITED}


def test_a_failure_has_its_code_and_the_last_line(texts: Texts) -> None:
    error = refused(command(texts, "print('one'); print('no \\x1b[31m modem'); exit(3)"))
    assert error.message == "exit code 3: no \\x1b[31m modem"
    assert error.retry
    assert refused(command(texts, "import os; os.kill(os.getpid(), 9)")).message == "signal 9"


def test_what_it_says_of_a_secret_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_KEY", "hunter2-and-more")
    vault = Vault()
    token = vault.from_environment("SMS_KEY")
    settings = CommandSettings(
        arguments=("sh", "-c", "echo wrong key: $KEY; exit 1"),
        env={"KEY": "{{ .global.SMS_KEY }}"},
    )
    error = refused(CommandChannel(settings, Texts({"SMS_KEY": token}, vault)))
    assert "hunter2" not in error.message
    assert "env:SMS_KEY" in error.message


def test_a_program_that_is_not_there_is_not_tried_again(texts: Texts) -> None:
    error = refused(CommandChannel(CommandSettings(arguments=("no-such-program",)), texts))
    assert error.message == "it cannot be started: No such file or directory"
    assert not error.retry


@pytest.mark.thorough
def test_one_that_ignores_sigterm_is_killed_with_what_it_started(
    texts: Texts, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, signal, subprocess, sys, time; signal.signal(15, signal.SIG_IGN);"
        "child = subprocess.Popen(['sleep', '600']);"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(600)"
    )
    made = command(texts, code, str(pids), timeout=5.0)
    error = refused(made)
    assert error.message == "it has not ended within 5 s, and was killed"
    for pid in pids.read_text().split():
        eventually(lambda pid=pid: not _runs(int(pid)))


def test_endless_output_is_read_and_forgotten(texts: Texts) -> None:
    code = "import sys\nfor _ in range(200): sys.stdout.write('x' * 10_000 + '\\n')\nsys.exit(1)"
    error = refused(command(texts, code))
    assert error.message == f"exit code 1: {'x' * 200}"


def test_one_that_reads_nothing_is_no_failure(texts: Texts) -> None:
    assert CommandChannel(CommandSettings(arguments=("true",)), texts).send(told()) == "exit code 0"


def test_what_it_leaves_behind_is_not_waited_for(texts: Texts, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    made = CommandChannel(
        CommandSettings(arguments=("sh", "-c", f"sleep 600 & echo $! > {pid}")), texts
    )
    assert made.send(told()) == "exit code 0"
    os.kill(int(pid.read_text()), 9)


def test_abort_kills_it(texts: Texts) -> None:
    made = command(texts, "import time; time.sleep(600)", timeout=3600.0)
    errors: list[DeliveryError] = []
    thread = threading.Thread(target=lambda: errors.append(refused(made)))
    thread.start()
    while thread.is_alive():
        made.abort()
        thread.join(0.05)
    assert errors[0].message == "signal 9"


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
