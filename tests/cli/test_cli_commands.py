"""The command line itself: help that is fast, exit codes, one message instead of a traceback."""

import errno
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import pytest
import typer
from typer.testing import CliRunner

from forked_python import fsmv2
from fsmv2.cli.app import app
from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED
from fsmv2.diagnostic import Diagnostic, Mark
from fsmv2.errors import DocumentError, FlowError
from fsmv2.host.install_command import install_command
from fsmv2.operate.code_pages import error_classes
from other_user import as_nobody


def test_help_costs_little() -> None:
    """Nearly all of it is modules: what typer needs, and a few of ours for each command."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(len(sys.modules)))\n"
        "sys.argv = ['fsmv2', '--help']\n"
        "from fsmv2.cli import main; main()"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(shown.stdout.splitlines()[-1]) < 400


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, fsmv2.cli.app as m\n"
        "try: m.app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'asyncio', 'rich', 'jinja2', 'yaml', 'structlog', 'fsmv2.core'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_help_names_every_command() -> None:
    shown = fsmv2("--help")
    assert shown.returncode == 0
    commands = ["validate", "render", "run", "demo", "explain", "lint"]
    assert all(f"  {name}" in shown.stdout for name in commands)


def test_the_version_is_the_packages() -> None:
    import fsmv2 as package

    assert fsmv2("--version").stdout == f"fsmv2 {package.__version__}\n"
    assert CliRunner().invoke(app, ["-V"]).stdout == f"fsmv2 {package.__version__}\n"


@pytest.mark.parametrize(
    "words", [["valdate", "x"], ["run"], ["run", "x", "--for", "20"], ["run", "x", "--fro", "20s"]]
)
def test_a_wrong_command_line_is_a_usage_error_on_stderr(words: Sequence[str]) -> None:
    shown = fsmv2(*words)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "Error: " in shown.stderr


def test_a_misspelt_command_is_given_the_nearest() -> None:
    assert "Did you mean 'validate'" in fsmv2("valdate", "x").stderr


def test_a_duration_without_unit_is_refused_with_the_likely_meaning() -> None:
    assert "Did you mean '20s'?" in fsmv2("run", "x.yaml", "--for", "20").stderr


def test_explain_gives_the_meaning_of_a_code_in_either_case() -> None:
    shown = fsmv2("explain", "fsm0211")
    assert shown.returncode == 0
    assert shown.stdout.startswith("FSM0211: A variable is not defined")


def test_explain_gives_the_page_of_a_documents_code() -> None:
    shown = fsmv2("explain", "FSM0131")
    assert shown.returncode == 0
    assert shown.stdout.startswith("FSM0131: Two bridges have one name\n\n")


def test_explain_offers_the_nearest_of_an_unknown_code() -> None:
    shown = fsmv2("explain", "FSM02111")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "Did you mean 'FSM0211'?" in shown.stderr


def test_every_error_class_says_when_it_is_raised() -> None:
    assert all(text.endswith(".") and len(text) > 20 for text in error_classes().values())


def message_of(error: Exception, capsys: pytest.CaptureFixture[str]) -> str:
    """What the user is reported when a command raises `error`."""
    with pytest.raises(typer.Exit) as raised, reported():
        raise error
    assert raised.value.exit_code == FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert "\x1b" not in shown.err  # no terminal, no colour
    return shown.err


def test_every_diagnostic_of_a_document_is_shown_in_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = Diagnostic(
        code="FSM1001",
        message="unknown key 'bridgs'",
        mark=Mark("plant.yaml", 3, 1),
        source="bridgs: []",
        length=6,
        fix="Did you mean 'bridges'?",
    )
    second = Diagnostic(code="FSM1002", message="port 70000 is out of range", path="bridges[0]")
    assert message_of(DocumentError([first, second]), capsys) == (
        "plant.yaml:3:1: error[FSM1001]: unknown key 'bridgs'\n"
        "3 | bridgs: []\n"
        "    ^^^^^^\n"
        "  fix: Did you mean 'bridges'?\n"
        "bridges[0]: error[FSM1002]: port 70000 is out of range\n"
    )


def test_an_error_of_ours_is_shown_with_code_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    shown = message_of(FlowError("the port is taken", path="a/b", fix="Free it."), capsys)
    assert shown == "a/b: error[FSM0700]: the port is taken\n  fix: Free it.\n"


def test_a_missing_extra_is_shown_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = message_of(ModuleNotFoundError("no", name="pymodbus.client"), capsys)
    assert install_command("industrial") in shown


def test_the_demo_without_its_extra_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['aiomqtt'] = None; sys.argv = ['fsmv2', 'demo', '--for', '1s']\n"
        "from fsmv2.cli import main; main()"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=200
    )
    assert (shown.returncode, shown.stdout) == (1, "")
    assert install_command("industrial") in shown.stderr
    assert "Traceback" not in shown.stderr


def test_an_operating_system_error_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    shown = message_of(PermissionError(errno.EACCES, "Permission denied", "/root/state"), capsys)
    assert shown == "error: /root/state: permission denied\n"


def test_a_file_of_another_user_is_named_with_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, as_nobody():
        shown = message_of(PermissionError(errno.EACCES, "Permission denied", folder), capsys)
    assert f"{folder} belongs to the user root, and this is nobody" in " ".join(shown.split())
    assert "sudo -u root fsmv2" in shown


def test_an_error_nobody_foresaw_asks_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    shown = message_of(ZeroDivisionError("by zero"), capsys)
    assert "ZeroDivisionError: by zero" in shown
    assert "FSMV2_DEBUG=1" in shown


def test_debugging_lets_the_traceback_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSMV2_DEBUG", "1")
    with pytest.raises(ZeroDivisionError), reported():
        raise ZeroDivisionError
