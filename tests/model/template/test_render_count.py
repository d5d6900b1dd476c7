"""Counting rendered templates: only inside, and only by the code that asked for it."""

from __future__ import annotations

import contextvars

from fsmv2.model.template.render_count import count_one, counted


def test_only_what_is_rendered_inside_is_counted() -> None:
    count_one()
    with counted() as found:
        count_one()
        count_one()
    count_one()
    assert found == [2]


def test_the_inner_count_is_its_own_and_the_outer_goes_on_after_it() -> None:
    with counted() as outer:
        count_one()
        with counted() as inner:
            count_one()
        count_one()
    assert (outer, inner) == ([2], [1])


def test_another_context_is_not_counted() -> None:
    elsewhere = contextvars.copy_context()
    with counted() as found:
        elsewhere.run(count_one)
    assert found == [0]
