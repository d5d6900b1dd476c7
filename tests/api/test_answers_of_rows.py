"""All workers as text: made once for all who ask at about the same time; who has acted sees it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api.answers_of_rows import MOST, AnswersOfRows
from fsmv2.operate import TreeHandle
from fsmv2.operate.changed_workers import WorkerChanges
from fsmv2.operate.current_rows import TreeRows
from fsmv2.runtime import Runtime, shared_view


def test_an_answer_of_one_picture_is_made_once_for_each_path() -> None:
    answers, view, made = AnswersOfRows(), TreeRows(()), list[str]()

    def of(view: TreeRows, path: str) -> bytes:
        return answers.of(view, path, lambda: [made.append(path), path][1:]).raw

    assert [of(view, path) for path in ("a", "b", "a", "b")] == [b'["a"]', b'["b"]'] * 2
    assert made == ["a", "b"]
    assert of(TreeRows(()), "a") == b'["a"]'
    assert made == ["a", "b", "a"], "of another picture, even if it looks the same"


def test_of_one_picture_not_more_answers_are_kept_than_paths_are_asked_for_in_earnest() -> None:
    answers, view = AnswersOfRows(), TreeRows(())
    for number in range(MOST + 50):
        assert answers.of(view, str(number), lambda: 1).raw == b"1"
    assert len(answers._kept) == MOST


def test_what_cannot_be_made_is_tried_anew() -> None:
    answers, view = AnswersOfRows(), TreeRows(())
    with pytest.raises(ZeroDivisionError):
        answers.of(view, "a", lambda: 1 / 0)
    assert answers.of(view, "a", lambda: 1).raw == b"1"


async def test_many_who_ask_at_once_cost_supervision_few_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if all of them came within the moment in which a picture is fresh.
    monkeypatch.setattr(shared_view, "FRESH", 3600.0)
    monkeypatch.setattr(shared_view, "LONGEST", 3600.0)
    pictures, looks, texts = list[Any](), list[Any](), list[Any]()
    real_picture, real_rows = Runtime._take_picture, TreeHandle.rows_in
    real_look = WorkerChanges.look
    async with tree_with_api(tmp_path) as (tree, api):
        tree._runtime._pictures.fresh_for = 3600.0
        tree._rows._fresh_for = 3600.0
        monkeypatch.setattr(
            WorkerChanges, "look", lambda self: (looks.append(1), real_look(self))[1]
        )
        monkeypatch.setattr(
            Runtime, "_take_picture", lambda self: (pictures.append(1), real_picture(self))[1]
        )
        monkeypatch.setattr(
            TreeHandle,
            "rows_in",
            lambda self, *asked: (texts.append(1), real_rows(self, *asked))[1],
        )
        replies = await asyncio.gather(
            *(call(api.place, "GET", "/v1/workers") for _ in range(40)),
            *(call(api.place, "GET", "/v1") for _ in range(40)),
        )
    assert {reply.status for reply in replies} == {200}
    assert len(pictures) <= 1, "none, if the tree had been looked at already"
    assert len(looks) <= 1
    assert len({reply.raw for reply in replies[:40]}) == 1
    assert len(texts) == 1, "made once for all"


async def test_who_has_acted_sees_it_in_what_is_read_next(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        for _ in range(10):
            for verb, seen in (("pause", 1), ("resume", 0)):
                await call(api.place, "GET", "/v1/workers")  # a fresh picture is there
                done = await call(api.place, "POST", "/v1/requests", {"verb": verb, "path": TICKER})
                assert done.status == 200
                (now,) = (await call(api.place, "GET", f"/v1/workers?path={TICKER}")).json
                assert len(now["overrides"]) == seen
