"""Strategies of hypothesis for variables, locations and children."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fsmv2.model import (
    LEVELS,
)

# No deadline and no hurry: the machine that runs this may be busy.
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=80)


keys = st.sampled_from(["IP", "PORT", "a", "b", "items", "not", "location"])


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(max_size=8),
    st.floats(allow_nan=False, allow_infinity=False),
)


values = st.recursive(
    scalars,
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(keys, v, max_size=3)),
    max_leaves=6,
)


users = st.dictionaries(keys, values, max_size=5)


parts = st.text("abcXYZ019-_ä", min_size=1, max_size=6).filter(lambda s: s != "unknown")


locations = st.dictionaries(st.sampled_from([*LEVELS, "5", "7"]), parts, max_size=5)


names = st.sampled_from(
    [
        "IP",
        "a",
        "b",
        "items",
        "missing",
        ".IP",
        ".a",
        ".a.b",
        ".a.missing",
        ".a.0",
        ".b.1",
        ".not",
        "a.items",
        ".IP.x",
        ".global.a",
        "global.b",
        ".internal.id",
        ".PORT.0.a",
        ".true",
        ".self",
    ]
)


texts = st.text(" ab{}%#\n\r.é'\"", max_size=6).filter(
    lambda t: not any(x in t for x in ("{{", "{%", "{#"))
)
