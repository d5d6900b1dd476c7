"""The demo's document: shipped usable, kept where a user can change it."""

from pathlib import Path

import yaml

from fsmv2.cli.demo.demo_document import packaged, place, with_ports
from fsmv2.cli.demo.session import MACHINES


def ports_in(text: str) -> dict[str, int]:
    bridges = yaml.safe_load(text)["bridges"]
    return {bridge["name"]: bridge["variables"]["PORT"] for bridge in bridges}


def test_the_shipped_document_names_the_machines_and_their_preferred_ports() -> None:
    assert ports_in(packaged()) == MACHINES


def test_the_ports_are_put_in_in_order() -> None:
    text = with_ports(packaged(), [40001, 40002, 40003])
    assert list(ports_in(text).values()) == [40001, 40002, 40003]
    assert with_ports(text, list(MACHINES.values())) == packaged()


def test_further_bridges_keep_their_ports() -> None:
    assert with_ports("PORT: 1, PORT: 2", [7]) == "PORT: 7, PORT: 2"


def test_it_is_written_into_a_new_directory(tmp_path: Path) -> None:
    file, changed = place(tmp_path / "a" / "b", [1, 2, 3])
    assert list(ports_in(file.read_text()).values()) == [1, 2, 3]
    assert not changed


def test_another_start_with_other_ports_is_no_change_of_the_users(tmp_path: Path) -> None:
    place(tmp_path, [1, 2, 3])
    file, changed = place(tmp_path, [4, 5, 6])
    assert list(ports_in(file.read_text()).values()) == [4, 5, 6]
    assert not changed


def test_what_a_user_changed_is_kept_but_for_the_ports(tmp_path: Path) -> None:
    file, _ = place(tmp_path, [1, 2, 3])
    file.write_text(file.read_text().replace("500ms", "100ms"))
    file, changed = place(tmp_path, [4, 5, 6])
    assert changed
    assert "scan_rate: 100ms" in file.read_text()
    assert list(ports_in(file.read_text()).values()) == [4, 5, 6]
