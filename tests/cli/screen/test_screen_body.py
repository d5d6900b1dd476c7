"""Which rows a screen shows, what is folded, and what was asked for."""

from __future__ import annotations

import random

from sample_plant import plant, row

from fsmv2.cli.screen.screen_body import Asked, Body, body_of, in_tree_order


def tree(body: Body) -> list[str]:
    return [entry.row.path for entry in body.entries if entry.guide is not None]


def test_rows_stand_below_their_parents_however_they_came() -> None:
    rows = {path: row(path) for path in ("b", "a/2/x", "a", "b/1", "a/1", "a/2", "c/d/e")}
    ordered = [one.path for one in in_tree_order(rows)]
    assert ordered == ["b", "b/1", "a", "a/1", "a/2", "a/2/x", "c/d/e"]


def test_one_in_trouble_is_listed_above_the_tree_and_stays_in_it() -> None:
    body = body_of(plant(2, bad={1}), Asked(), 40, 80)
    assert [entry.row.path for entry in body.entries if entry.guide is None] == [
        "edge/press-01/connection"
    ]
    assert "edge/press-01/connection" in tree(body)
    assert (body.trouble, body.more_trouble) == ({"degraded": 1}, 0)


def test_the_children_of_the_last_bridge_are_drawn_below_it() -> None:
    body = body_of(plant(2), Asked(), 40, 80)
    last = [entry.guide for entry in body.entries][-4:]
    assert [f"{guide.lead}{guide.name}" for guide in last if guide] == [
        "└─ press-01",
        "   ├─ connection",
        "   ├─ read",
        "   └─ write",
    ]


def test_what_has_no_space_is_counted_at_its_parent() -> None:
    body = body_of(plant(30), Asked(), 40, 80)
    assert len(tree(body)) == 32
    folded = body.entries[-1].folded
    assert folded is not None
    assert folded.types == {"dataflow": 2, "connection": 1}


def test_what_was_opened_is_shown_and_what_was_closed_is_not() -> None:
    opened = body_of(plant(30), Asked(opened=frozenset(["edge/press-07"])), 40, 80)
    assert len(tree(opened)) == 35
    closed = body_of(plant(2), Asked(closed=frozenset(["edge/press-00"])), 40, 80)
    assert [path for path in tree(closed) if "press-00" in path] == ["edge/press-00"]
    root = body_of(plant(2), Asked(closed=frozenset(["edge"])), 40, 80)
    assert tree(root) == ["edge"]


def test_a_filter_shows_rows_in_which_all_words_stand() -> None:
    found = body_of(plant(30, bad={3}), Asked(text="PRESS-03 conn"), 40, 80)
    assert tree(found) == ["edge/press-03", "edge/press-03/connection"]
    assert found.entries[0].guide is not None, "nothing is listed twice"
    assert body_of(plant(30), Asked(text="nowhere"), 40, 80).entries == []


def test_only_what_needs_a_look() -> None:
    found = body_of(plant(30, bad={3}), Asked(trouble=True), 40, 80)
    assert tree(found) == ["edge/press-03", "edge/press-03/connection"]


def test_those_alike_are_put_together_before_they_take_the_screen() -> None:
    body = body_of(plant(100, bad=range(100)), Asked(), 20, 80)
    first = body.entries[0]
    assert first.alike is not None
    assert first.alike.total == 99
    assert body.trouble == {"degraded": 100}


def test_an_entry_that_is_gone_is_found_at_the_nearest_that_is_left() -> None:
    body = body_of(plant(2), Asked(closed=frozenset(["edge/press-00"])), 40, 80)
    assert body.find("edge/press-00/read") == body.find("edge/press-00") == 2
    assert body.find("!edge/press-01") == body.find("edge/press-01")
    assert body.find("other") is None


def test_what_is_kept_from_frame_to_frame_changes_nothing_that_is_shown() -> None:
    chance = random.Random(7)
    rows, before = plant(30), None
    for turn in range(200):
        path = chance.choice([*rows])
        what = chance.randrange(5)
        if what == 0 and path.count("/") == 2:
            rows = {other: one for other, one in rows.items() if other != path}
        elif what == 1:
            rows = {**rows, f"edge/new-{turn}": row(f"edge/new-{turn}", f"type-{turn % 3}")}
        elif what == 2:
            rows = {**rows, path: row(path, rows[path].type, trouble="failed", healthy=False)}
        else:
            rows = {**rows, path: row(path, "bridge" if what == 3 else rows[path].type)}
        asked = chance.choice(
            [Asked()] * 4 + [Asked(text="press-1"), Asked(closed=frozenset([path]))]
        )
        found = body_of(rows, asked, 40, 80, before)
        assert found == body_of(rows, asked, 40, 80)
        before = found.outline
