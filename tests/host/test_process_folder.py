"""The name of the folder of a supervised process."""

from __future__ import annotations

import pytest

from fsmv2.host.process_folder import LONGEST, folder_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("edge/web", "edge%2Fweb"),
        ("edge/a%b", "edge%2Fa%25b"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("a.b", "a.b"),
        ("Ofen", "Ofen"),
        ("öl", "%C3%B6l"),
    ],
)
def test_a_path_is_one_name(path: str, name: str) -> None:
    assert folder_of(path) == name


def test_a_long_path_is_a_name_of_its_own_that_fits() -> None:
    paths = [f"edge/{'ö' * 100}{end}" for end in ("", "a", "b")]
    names = {folder_of(path) for path in paths}
    assert len(names) == len(paths)
    assert all(len(name) <= LONGEST and "%~" in name for name in names)
    assert folder_of("a" * LONGEST) == "a" * LONGEST
