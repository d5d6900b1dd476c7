"""What is published where, and which of it a person means by a name."""

from __future__ import annotations

import pytest

from fsmv2.errors import UnknownPathError
from fsmv2.operate.topic_data import Topic
from fsmv2.operate.topics import meaning, not_there

LEVEL = Topic(
    topic="umh/v1/acme/cologne/_raw/tank/level",
    path="edge/filler/dfc_read",
    tag="tank.level",
    direction="read",
)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "level",
        "tank.level",
        "umh/v1/acme/cologne/_raw/tank/level",
        "umh.v1.acme.cologne._raw.tank.level",
        "umh/v1/acme",
        "edge/filler",
        "edge/filler/dfc_read",
        "edge",
        "umh/**/level",
        "*/filler/*",
        "lev*",
        "…/level",
        "filler",
        "cologne",
        "tank",
        "filler/dfc_read",
    ],
)
def test_a_topic_is_meant_by(name: str) -> None:
    assert meaning(name)(LEVEL)


@pytest.mark.parametrize(
    "name", ["lev", "edge/fill", "umh/v1/ac", "*/level", "tan", "edge/other", "fill"]
)
def test_a_topic_is_not_meant_by(name: str) -> None:
    assert not meaning(name)(LEVEL)


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(UnknownPathError):
        meaning("[b-a]")


def test_a_name_that_means_nothing_is_answered_with_the_nearest() -> None:
    assert "'level'" in not_there("levle", [LEVEL]).fix
