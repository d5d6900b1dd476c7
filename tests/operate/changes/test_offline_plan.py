"""A plan with no tree: against another document, and against a generation that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_plant import PLANT, actions

from fsmv2.errors import UnknownGenerationError
from fsmv2.operate import prepare
from fsmv2.operate.changes.document_plan import plan_of
from fsmv2.operate.changes.offline_plan import plan_offline
from fsmv2.operate.changes.saved_plan import read_plan

READ_ELSEWHERE = "{IP: 10.0.0.1, REGISTER: 1, TOKEN: {env: NOT_SET_HERE}}"


def written(folder: Path, name: str, *pairs: tuple[str, str]) -> Path:
    text = PLANT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (folder / name).write_text(text)
    return folder / name


def test_against_a_document(tmp_path: Path) -> None:
    old = written(tmp_path, "old.yaml")
    new = written(tmp_path, "new.yaml", ("LEVEL: 1", "LEVEL: 2"), ("10.0.0.1,", "10.0.0.9,"))
    plan = plan_offline(new, str(old))
    assert actions(plan)["plant/first"] == "recreate"
    assert actions(plan)["plant/filler/dfc_read"] == "reconfigure"
    assert (plan.generation, plan.same_text) == (0, False)


def test_against_a_generation(tmp_path: Path) -> None:
    file = written(tmp_path, "plant.yaml")
    with prepare(file, state_dir=tmp_path / "state"):
        pass
    assert plan_offline(file, "1", state_dir=tmp_path / "state").same_text
    written(tmp_path, "plant.yaml", ("LEVEL: 1", "LEVEL: 2"))
    plan = plan_offline(file, "1", state_dir=tmp_path / "state")
    assert plan.generation == 1
    assert actions(plan)["plant/first"] == "recreate"
    with pytest.raises(UnknownGenerationError):
        plan_offline(file, "2", state_dir=tmp_path / "state")


def test_a_secret_need_not_be_there_and_whether_it_changed_is_unknown(tmp_path: Path) -> None:
    pair = ("{IP: 10.0.0.1, REGISTER: 1}", READ_ELSEWHERE)
    old, new = written(tmp_path, "old.yaml", pair), written(tmp_path, "new.yaml", pair)
    plan = plan_offline(new, str(old))
    assert plan.secrets == ("env:NOT_SET_HERE: unknown",)
    assert not plan.changes


def test_it_is_saved_with_its_text(tmp_path: Path) -> None:
    old, new = written(tmp_path, "old.yaml"), written(tmp_path, "new.yaml", ("UNIT: c", "UNIT: f"))
    found = plan_of(new, str(old))
    found.save(tmp_path / "plan")
    saved = read_plan(tmp_path / "plan")
    assert saved.plan == found.plan
    assert saved.document.files == {"": new.read_bytes()}
