"""Files that are no document: said without a traceback, with the way out."""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fsmv2.document import scan_file, scan_yaml
from fsmv2.document.source import LARGEST
from fsmv2.errors import DocumentError

NOBODY = 65534


def said(error: pytest.ExceptionInfo[DocumentError], path: Path | None = None) -> str:
    text = str(error.value)
    return text.replace(str(path), "plant.yaml") if path else text


def refused(source: bytes | str) -> str:
    with pytest.raises(DocumentError) as raised:
        scan_yaml(source, "plant.yaml").validated()
    return said(raised)


def test_a_file_is_read_with_its_name_in_every_mark(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("agent:\n  name: edge\n")
    document = scan_file(file).validated()
    assert document.name == str(file)
    assert str(document.root.get("agent", "name").mark) == f"{file}:2:9"


def test_a_missing_file_is_said_with_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "plant.yml").write_text("a: 1")
    path = tmp_path / "plnt.yaml"
    with pytest.raises(DocumentError) as raised:
        scan_file(path).validated()
    assert said(raised, path) == (
        "error[FSM0102]: plant.yaml: there is no such file.\n"
        "  fix: Did you mean 'plant.yml'? YAML files there: plant.yml."
    )


def test_a_missing_folder_is_said_too(tmp_path: Path) -> None:
    path = tmp_path / "no" / "plant.yaml"
    with pytest.raises(DocumentError) as raised:
        scan_file(path).validated()
    assert said(raised, path) == (
        "error[FSM0102]: plant.yaml: there is no such file.\n  fix: Check the path and the name."
    )


@pytest.mark.parametrize(
    ("inside", "fix"), [("plant.yaml", "Name the file in it: plant.yaml."), ("x", "Name a file")]
)
def test_a_folder_is_refused_with_the_files_in_it(tmp_path: Path, inside: str, fix: str) -> None:
    (tmp_path / inside).write_text("a: 1")
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path).validated()
    assert "this is a folder, expected a YAML file." in said(raised)
    assert fix in said(raised)


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
        timeout=60,
    )
    assert shown.stderr == ""
    assert shown.stdout == (
        "error[FSM0102]: plant.yaml: this user may not read the file (permission denied).\n"
        "  fix: Make it readable for this user, for example: chmod a+r plant.yaml\n"
    )


def test_a_path_no_system_can_open_is_refused() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(Path("a\0b")).validated()
    assert "the file cannot be read: embedded null byte." in said(raised)


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(tmp_path / ("x" * 300)).validated()
    assert "the file cannot be read: file name too long." in said(raised)


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    with file.open("wb") as out:
        out.truncate(LARGEST + 1)
    with pytest.raises(DocumentError) as raised:
        scan_file(file).validated()
    assert "error[FSM0103]: plant.yaml: the file is larger than 10 MiB." in said(raised, file)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_that_never_ends_is_refused_as_too_large() -> None:
    with pytest.raises(DocumentError) as raised:
        scan_file(Path("/dev/zero")).validated()
    assert "FSM0103" in said(raised)


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
    assert "the character U+FEFF (zero width no-break space) cannot stand" in refused("a: x\ufeffy")


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
        "plant.yaml:2:5: error[FSM0119]: the character U+0000 (a control character) cannot stand "
        "in a document.\n"
        "2 | b: x\N{REPLACEMENT CHARACTER}y\n"
        "        ^\n"
        '  fix: Remove it; where it is meant, write it in double quotes as "\\x00".'
    )
    assert "\x1b" not in refused("a: \x1b[31m")


def test_half_a_character_in_a_text_is_refused() -> None:
    assert "U+D800" in refused("a: \ud800")


@pytest.mark.parametrize("text", ["", "\n\n", "---\n", "# nothing\n", "\ufeff"])
def test_an_empty_document_is_refused(text: str) -> None:
    assert refused(text) == (
        "error[FSM0114]: plant.yaml: the document is empty.\n"
        "  fix: Write at least a section, for example:  agent: {name: edge}"
    )


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    begin = time.process_time()
    assert "with its aliases put in, the document has more than 500,000 values." in refused(text)
    assert time.process_time() - begin < 1.0


def test_a_bomb_of_merges_is_refused_too() -> None:
    text = "a0: &a0 {k: 1}\n"
    for n in range(1, 40):
        text += f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  k{n}: 1\n"
    assert "FSM0106" in refused(text)


def test_too_many_values_without_any_alias_are_said_as_that() -> None:
    message = refused("a:\n" + "- 1\n" * 500_000)
    assert "error[FSM0106]: the document has more than 500,000 keys and values.\n" in message
    assert "fix: Check that it is the right file." in message


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 80 + "]" * 80,
        "a: " + "{a: " * 80 + "}" * 80,
        "\n".join("  " * n + "a:" for n in range(80)),
        "a: " + "[" * 1_000_000,
        "a0: &a0 [1]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 80)),
    ],
)
def test_deep_nesting_is_refused_also_when_aliases_make_it(text: str) -> None:
    assert "error[FSM0106]: the document nests deeper than 64 levels." in refused(text)


def test_very_long_numbers_are_refused_quickly() -> None:
    for number in ("9" * 1_000_000, "0x" + "f" * 1_000_000, "1." + "0" * 1_000_000):
        begin = time.process_time()
        assert "error[FSM0113]: a number of 1,000,00" in refused(f"a: {number}")
        assert time.process_time() - begin < 1.0


def test_a_long_line_is_shown_around_the_caret_only() -> None:
    message = refused("a: [" + "1, " * 1000 + "012, " + "1, " * 1000 + "]")
    line, caret = message.split("\n")[1:3]
    assert len(line) < 140
    assert line[caret.index("^") :].startswith("012")
    assert caret.count("^") == 3


def test_a_document_of_8000_lines_is_read_in_a_fraction_of_a_second() -> None:
    """The aim is 0.15 s on a quiet machine (`make bench`); this only catches a change of order."""
    entry = "  - name: filler-{n}\n    template: plc\n    variables: {{IP: 127.0.0.1, PORT: {n}}}\n"
    text = "bridges:\n" + "".join(entry.format(n=n) for n in range(2700))
    begin = time.process_time()
    document = scan_yaml(text, "plant.yaml").validated()
    assert time.process_time() - begin < 2.0
    assert len(document.root.get("bridges").value) == 2700  # type: ignore[union-attr]
