"""The topics of a tree: what is published where, by which tag, and the value that was read last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from fsmv2.core import Core
from fsmv2.errors import UnknownPathError
from fsmv2.flow import AsyncioEngine, topic_of
from fsmv2.flow.flow_config import FlowConfig, WriteConfig
from fsmv2.flow.tag import path_of
from fsmv2.name_suggestions import suggest
from fsmv2.operate.path_patterns import rule_of
from fsmv2.operate.topic_data import TagValue, Topic
from fsmv2.path_pattern import is_pattern

SLACK = 2.0
"""Seconds by which a value may be older than twice its interval: reads take their time."""

FlowToRun = tuple[str, FlowConfig | WriteConfig, str]
"""Its path, its config, and the reason for its state."""


def flows_of(core: Core) -> list[FlowToRun]:
    """The flows of a tree with their configs; on the loop of its core."""
    found: list[FlowToRun] = []
    for path, s in core.by_path.items():
        config = None if s.desired is None else s.desired.config
        if isinstance(config, FlowConfig | WriteConfig):
            found.append((path, config, s.reason))
    return found


def topics_of(flows: Iterable[FlowToRun], pattern: str = "") -> list[Topic]:
    """The topics of these flows that match; see `meaning`. By topic."""
    meant = meaning(pattern)
    found = [one for flow in flows for one in _topics(*flow[:2]) if meant(one)]
    return sorted(found, key=lambda one: (one.topic, one.path))


def values_of(
    flows: Iterable[FlowToRun], engine: AsyncioEngine, pattern: str = ""
) -> list[TagValue]:
    """The values of the tags of these flows that match; see `meaning`. By topic."""
    now, meant = time.time(), meaning(pattern)
    found: list[TagValue] = []
    for path, config, reason in flows:
        if isinstance(config, FlowConfig):
            topics = [one for one in _topics(path, config) if meant(one)]
            if topics:
                found += _values(topics, config, engine, reason, now)
    return sorted(found, key=lambda one: (one.topic, one.path))


def meaning(pattern: str) -> Callable[[Topic], bool]:
    """Whether a topic, its tag, or the worker it is of is what a person wrote.

    A name or a path as it stands, or a pattern; of a worker or a level of a topic, all that is
    below it, and its own name is enough. Empty: any. UnknownPathError: it is no pattern.
    """
    wanted = pattern.strip("/")
    if not wanted:
        return lambda _: True
    if is_pattern(wanted):
        rule = rule_of(wanted)
        return lambda one: any(map(rule.fullmatch, _names(one)))
    part = f"/{wanted}/"
    return lambda one: wanted in _names(one) or part in f"/{one.path}/" or part in f"/{one.topic}/"


def not_there(pattern: str, topics: Iterable[Topic]) -> UnknownPathError:
    """Nothing is meant by this pattern; `topics`: those there are."""
    known = {name for one in topics for name in _names(one) if name}
    return UnknownPathError(
        f"no topic, tag or worker of this tree is meant by '{pattern}'",
        fix=suggest(pattern, sorted(known)),
    )


def _names(one: Topic) -> tuple[str, ...]:
    last = one.tag.rpartition(".")[2]
    return one.topic, one.topic.replace("/", "."), one.tag, last, one.path


def _topics(path: str, config: FlowConfig | WriteConfig) -> Iterator[Topic]:
    if isinstance(config, WriteConfig):
        topic = f"{topic_of(config.input.subject)}/+"
        yield Topic(topic=topic, path=path, tag="+", direction="write")
        return
    for number, tag in enumerate(config.input.tags):
        yield Topic(
            topic=topic_of(config.output.subject(tag)),
            path=path,
            tag=path_of(tag),
            direction="read",
            type=tag.value_type,
            unit=tag.unit,
            every=config.input.every,
            number=number,
        )


def _values(
    topics: list[Topic], config: FlowConfig, engine: AsyncioEngine, reason: str, now: float
) -> Iterator[TagValue]:
    latest, stats = engine.latest(config.name), engine.stats(config.name)
    error = stats.input_error if stats is not None else ""
    fresh = 2 * config.input.every + SLACK
    for one in topics:
        about = {name: getattr(one, name) for name in Topic.__struct_fields__}
        read = latest.get(one.tag)
        if read is None:
            yield TagValue(**about, reason=error or reason)
            continue
        at = read.at_ms / 1000
        age = max(0.0, now - at)
        good = stats is not None and age <= fresh
        yield TagValue(
            **about,
            value=read.value,
            at=at,
            age=age,
            quality="good" if good else "stale",
            reason="" if good else error or reason,
        )
