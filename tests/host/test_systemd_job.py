"""What systemd is asked of a unit, and how its answer is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.host.systemd_job import job_of

JOBS = """\
{n} fsmv2-plant.service restart running
7  other.service        stop    waiting
"""


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that writes down what it is asked, and does what is in the file returned."""
    does = tmp_path / "does"
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n. {does}\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("MANAGERPID", raising=False)
    does.write_text(f"cat <<'END'\n{JOBS.format(n=6)}END\n")
    return does


def test_the_job_is_that_of_the_unit(systemctl: Path) -> None:
    assert job_of("fsmv2-plant.service") == "restart"
    assert job_of("other.service") == "stop"
    assert job_of("plant.service") == ""
    systemctl.write_text("echo No jobs running.\n")
    assert job_of("fsmv2-plant.service") == ""


def test_the_manager_that_started_us_is_asked(
    systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_of("a.service")
    assert "--user" not in (systemctl.parent / "asked").read_text()
    monkeypatch.setenv("MANAGERPID", "1")
    job_of("a.service")
    assert (systemctl.parent / "asked").read_text().startswith("--user list-jobs ")


def test_no_answer_is_an_error_that_says_why(
    systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemctl.write_text("echo 'Failed to connect to bus:\n no such file' >&2; exit 1\n")
    with pytest.raises(OSError, match=r"^Failed to connect to bus: no such file$"):
        job_of("a.service")
    monkeypatch.setattr("fsmv2.host.systemd_job.ANSWERS_WITHIN", 0.1)
    systemctl.write_text("exec sleep 60\n")
    with pytest.raises(OSError, match="not answered within"):
        job_of("a.service")
    monkeypatch.setenv("PATH", str(systemctl))
    with pytest.raises(OSError, match="there is no systemctl"):
        job_of("a.service")
