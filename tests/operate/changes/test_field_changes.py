"""Two configs as the fields in which they differ; no secret and no credential is shown."""

from __future__ import annotations

from fsmv2.model import Vault
from fsmv2.operate.changes.change_plan import FieldChange
from fsmv2.operate.changes.field_changes import LONGEST, field_changes, value_change


def fields(before: object, after: object) -> dict[str, tuple[str | None, str | None]]:
    return {one.field: (one.before, one.after) for one in field_changes(before, after)}


def test_only_what_differs_stands_there_by_its_place() -> None:
    before = {"a": 1, "b": {"c": "x", "d": [1, 2]}}
    after = {"a": 1, "b": {"c": "y", "d": [1, 3], "e": True}}
    assert fields(before, after) == {
        "b.c": ("x", "y"),
        "b.d": ("[1,2]", "[1,3]"),
        "b.e": (None, "true"),
    }


def test_parts_of_a_list_are_known_by_their_names() -> None:
    before = {"tags": [{"name": "a", "at": 1}, {"name": "b", "at": 2}]}
    after = {"tags": [{"name": "new", "at": 9}, *before["tags"]]}
    assert fields(before, after) == {"tags.new.name": (None, "new"), "tags.new.at": (None, "9")}


def test_a_text_that_becomes_a_number_is_a_change() -> None:
    assert fields({"a": "1"}, {"a": 1}) == {"a": ("1", "1 (changed)")}


def test_a_secret_is_told_to_have_changed_and_not_what() -> None:
    tokens = [Vault(environ={"P": v}).from_environment("P") for v in ("hunter2", "hunter3")]
    found = fields({"login": f"me:{tokens[0]}"}, {"login": f"me:{tokens[1]}"})
    assert found == {"login": ("me:secret env:P", "me:secret env:P (changed)")}


def test_a_credential_that_is_written_as_it_is_is_masked() -> None:
    found = fields(
        {"url": "nats://me:hunter2@host", "password": "hunter2"},
        {"url": "nats://me:hunter3@host", "password": "hunter3"},
    )
    assert "hunter" not in repr(found)
    assert found["password"] == ("***", "*** (changed)")


def test_a_long_value_is_cut_and_still_a_change() -> None:
    found = field_changes({"file": "x" * 1000 + "a"}, {"file": "x" * 1000 + "b"})
    assert len(found[0].before or "") <= LONGEST + 2
    assert (found[0].after or "").endswith("(changed)")


def test_a_value_that_is_not_there_is_none() -> None:
    assert value_change("traces", None, "http://a") == FieldChange(field="traces", after="http://a")
