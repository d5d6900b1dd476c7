"""Files that are no document: said without a traceback, with the way out."""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
from pathlib import Path

import pytest
from refused_text import message_of, refused

from fsmv2.document import scan_file, scan_yaml
from fsmv2.document.source import LARGEST
from fsmv2.errors import DocumentError

NOBODY = 65534


def test_a_missing_file_is_said_with_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "plant.yml").write_text("a: 1")
    path = tmp_path / "plnt.yaml"
    with pytest.raises(DocumentError) as raised:
        scan_file(path).validated()
    assert message_of(raised, path) == (
        "error[FSM0102]: plant.yaml: there is no such file.\n"
        "  fix: Did you mean 'plant.yml'? YAML files there: plant.yml."
    )


def test_a_missing_folder_is_said_too(tmp_path: Path) -> None:
    path = tmp_path / "no" / "plant.yaml"
    with pytest.raises(DocumentError) as raised:
        scan_file(path).validated()
    assert message_of(raised, path) == (
        "error[FSM0102]: plant.yaml: there is no such file.\n"
        f"  fix: There is no folder '{path.parent}'."
    )


def test_the_folder_that_was_meant_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "plants").mkdir()
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / "plnats" / "plant.yaml")
    meant = tmp_path / "plants" / "plant.yaml"
    assert raised.value.diagnostics[0].fix.endswith(f" Did you mean '{meant}'?")


def test_the_file_that_was_meant_is_found_among_many(tmp_path: Path) -> None:
    """All are looked at, and the first are listed."""
    for name in ("a", "b", "c", "d", "e", "f", "plant"):
        (tmp_path / f"{name}.yaml").touch()
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / "plnat.yaml")
    assert raised.value.diagnostics[0].fix == (
        "Did you mean 'plant.yaml'? YAML files there: a.yaml, b.yaml, c.yaml, d.yaml, e.yaml, "
        "and 2 more."
    )


def test_a_file_of_another_ending_is_found(tmp_path: Path) -> None:
    (tmp_path / "plant.json").touch()
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / "plant.jsn")
    assert raised.value.diagnostics[0].fix.startswith("Did you mean 'plant.json'?")


@pytest.mark.parametrize(
    ("inside", "fix"), [("plant.yaml", "Name the file in it: plant.yaml."), ("x", "Name a file")]
)
def test_a_folder_is_refused_with_the_files_in_it(tmp_path: Path, inside: str, fix: str) -> None:
    (tmp_path / inside).write_text("a: 1")
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path).validated()
    assert "this is a folder, expected a YAML file." in message_of(raised)
    assert fix in message_of(raised)


def test_a_program_is_refused_with_the_command_that_runs_it(tmp_path: Path) -> None:
    """An example is taken for a document, as the first thing that a newcomer tries."""
    (tmp_path / "home.py").write_text('"""A home."""\n')
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / "home.py")
    assert "this is a Python program, expected a YAML file." in message_of(raised)
    assert raised.value.diagnostics[0].fix == f"Run it: fsmv2 python {tmp_path}/home.py"


def test_a_file_nobody_may_read_is_refused_with_the_command(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("a: 1")
    file.chmod(0)
    tmp_path.chmod(0o711)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from fsmv2.errors import DocumentError; from fsmv2.document import scan_file\n"
        "if os.getuid() == 0: os.setuid(int(sys.argv[1]))  # root may read everything\n"
        "try: scan_file(Path('plant.yaml')).validated()\n"
        "except DocumentError as error: print(error)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(NOBODY)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert shown.stderr == ""
    assert shown.stdout == (
        "error[FSM0102]: plant.yaml: this user may not read the file (permission denied).\n"
        "  fix: Make it readable for this user, for example: chmod a+r plant.yaml\n"
    )


def test_a_path_no_system_can_open_is_refused() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(Path("a\0b")).validated()
    assert "the file cannot be read: embedded null byte." in message_of(raised)


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / ("x" * 300)).validated()
    assert "the file cannot be read: file name too long." in message_of(raised)


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    with file.open("wb") as out:
        out.truncate(LARGEST + 1)
    with pytest.raises(DocumentError) as raised:
        scan_file(file).validated()
    assert "error[FSM0103]: plant.yaml: the file is larger than 10 MiB." in message_of(raised, file)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_that_never_ends_is_refused_as_too_large() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(Path("/dev/zero")).validated()
    assert "FSM0103" in message_of(raised)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"echo 'a: 1' > {pipe}"]) as writer:
        assert scan_file(pipe).validated().root.to_data() == {"a": 1}
        assert writer.wait(10) == 0


def test_a_byte_order_mark_of_utf8_is_left_out() -> None:
    document = scan_yaml(codecs.BOM_UTF8 + b"agent: 1", "plant.yaml").validated()
    assert document.root.to_data() == {"agent": 1}
    assert str(document.root.mark) == "plant.yaml:1:1"
    assert scan_yaml("\ufeffagent: 1", "plant.yaml").validated().root.to_data() == {"agent": 1}


def test_a_byte_order_mark_within_the_text_is_refused() -> None:
    assert "the character U+FEFF (zero width no-break space) is not allowed" in refused(
        "a: x\ufeffy"
    )


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_utf16_and_utf32_are_named(coding: str) -> None:
    assert refused("agent: {name: edge}".encode(coding)) == (
        "error[FSM0104]: plant.yaml: the file is UTF-16 or UTF-32, expected UTF-8.\n"
        "  fix: Save it as UTF-8; editors offer that in 'Save as', under 'Encoding'."
    )


def test_invalid_utf8_is_said_with_line_and_byte_and_what_it_was_meant_for() -> None:
    assert refused("a: ü\nsite: Köln\n".encode().replace("ö".encode(), b"\xf6")) == (
        "plant.yaml:2:8: error[FSM0104]: byte 8 of this line, 0xf6, is not UTF-8; "
        "in the old Windows encoding it is 'ö'.\n"
        "2 | site: K\N{REPLACEMENT CHARACTER}ln\n"
        "           ^\n"
        "  fix: Save the file as UTF-8; editors offer that in 'Save as', under 'Encoding'."
    )


def test_a_byte_that_means_nothing_elsewhere_either_is_said_without_a_guess() -> None:
    assert "byte 4 of this line, 0x81, is not UTF-8.\n" in refused(b"a: \x81")


def test_a_control_character_is_shown_as_a_replacement_never_sent_to_the_terminal() -> None:
    assert refused("a: 1\nb: x\0y\n") == (
        "plant.yaml:2:5: error[FSM0119]: the character U+0000 (a control character) is not allowed "
        "in a document.\n"
        "2 | b: x\N{REPLACEMENT CHARACTER}y\n"
        "        ^\n"
        '  fix: Remove it; where it is meant, write it in double quotes as "\\x00".'
    )
    assert "\x1b" not in refused("a: \x1b[31m")


def test_half_a_character_in_a_text_is_refused() -> None:
    assert "U+D800" in refused("a: \ud800")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"\x7fELF\x02\x01\x01\0\0", "a program"),
        (b"\x1f\x8b\x08\0", "a compressed file (gzip)"),
        (b"SQLite format 3\0", "a database (SQLite)"),
        (bytes(range(256)), "no text"),
    ],
)
def test_a_file_that_no_editor_has_written_is_named(begin: bytes, kind: str) -> None:
    assert refused(begin + b"\xfa\xfb" * 100) == (
        f"error[FSM0104]: plant.yaml: this is {kind}, expected a YAML file.\n"
        "  fix: Check that it is the right file."
    )


def test_a_link_that_leads_nowhere_is_named_with_where_it_leads(tmp_path: Path) -> None:
    path = tmp_path / "plnt.yaml"
    path.symlink_to("/nowhere/plant.yaml")
    with pytest.raises(DocumentError) as raised:
        scan_file(path)
    assert message_of(raised, path) == (
        "error[FSM0102]: plant.yaml: it is a link to '/nowhere/plant.yaml', which does not exist.\n"
        "  fix: Repair the link, or name the file itself."
    )


def test_a_file_of_zero_bytes_is_named_and_not_taken_for_another_encoding() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_yaml(b"\0" * 4096, "plant.yaml")
    assert str(raised.value) == (
        "error[FSM0104]: plant.yaml: the file holds only zero bytes, which is what a power failure "
        "can leave.\n"
        "  fix: Restore it from a copy; `fsmv2 show` prints the document that a tree has run."
    )


def test_a_compressed_file_is_not_taken_for_another_encoding() -> None:
    with pytest.raises(DocumentError, match="a compressed file"):
        scan_yaml(b"\x1f\x8b\x08" + b"\0" * 40, "plant.yaml")
