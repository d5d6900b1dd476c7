"""`commands:` which commands a flow takes: as a document says it, and fully resolved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec

from fsmv2.errors import SpecError, UnfitError
from fsmv2.flow.field_types import Seconds
from fsmv2.flow.nats.login import Login
from fsmv2.flow.output import FlowPlace
from fsmv2.flow.subject import PREFIX, REPLY, command_subject, subject_from
from fsmv2.flow.tag import Problem, unclean
from fsmv2.model import has_first_level
from fsmv2.model.decoder import Templated
from fsmv2.model.name_rules import UNKNOWN

Subject = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([^/]*|[^.]*)$",
        description="a subject with dots or an MQTT topic with slashes",
    ),
]


class CommandSection(msgspec.Struct, frozen=True, kw_only=True):
    """`commands:` where commands come from: a NATS subject, or the same as an MQTT topic."""

    subject: Templated[Subject] = ""
    """Where commands are received, as a NATS subject or an MQTT topic, without the tag:
    `cmd.v1.acme.filler`; left out, `cmd.v1` and the location."""
    max_age: Templated[Seconds] = 5.0
    """A command older than this is refused, so that none is executed long after it was meant."""
    clock_tolerance: Templated[Seconds] = 2.0
    """A command whose time is further in the future than this is refused."""
    queue: Templated[Annotated[int, msgspec.Meta(ge=1, le=100_000)]] = 100
    """How many commands may wait; one more is refused."""


class CommandInput(CommandSection, frozen=True, kw_only=True, tag="commands"):
    """Commands on a NATS server: `<subject>.<tag>`, or the MQTT topic that it is at the gateway.

    `memory`: the folder in which ids are kept, so that a restart executes no command twice; without
    it they are not. `server`: what the server's name begins with; another that answers at `url` is
    not taken. `login`: what the server is shown.
    """

    url: str
    subject: str
    stream: str = "UMH"
    """The stream of the server in which commands are kept until they are taken."""
    memory: str = ""
    server: str = ""
    login: Login = Login()

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise UnfitError("commands", problems)


def resolve_commands(section: CommandSection, place: FlowPlace) -> CommandInput:
    """Without a subject of its own, commands are received below the location."""
    if not section.subject and not has_first_level(place.location_path):
        found = "has no enterprise" if place.location_path else "is empty"
        raise SpecError(f"write: the location {found}, and commands are received below it.")
    return CommandInput(
        url=place.broker_url,
        server=place.broker_server,
        login=place.broker_login,
        subject=subject_from(section.subject) or command_subject(place.location_path),
        max_age=section.max_age,
        clock_tolerance=section.clock_tolerance,
        queue=section.queue,
        memory=place.memory,
    )


def _problems(config: CommandInput) -> Iterator[Problem]:
    if not config.url:
        yield Problem("", "url is empty")
    levels = config.subject.split(".")
    known = (level for level in levels if level != UNKNOWN)
    yield from unclean("subject", *known, what="subject part")
    if config.subject == PREFIX or config.subject.startswith(f"{PREFIX}."):
        # A stream keeps what is published there and answers the sender before we do.
        yield Problem(
            "subject",
            f"the subject {config.subject} is inside the namespace of what was measured, "
            f"{PREFIX}; commands need another, such as cmd.v1",
            "Write another, or leave it out: then it is made of the location.",
        )
    if levels[-1] == REPLY:
        yield Problem(
            "subject",
            f"the subject ends with '{REPLY}', which is where answers go",
            "Write another last part.",
        )
    for what, seconds in (
        ("max_age", config.max_age),
        ("clock_tolerance", config.clock_tolerance),
    ):
        if not 0 < seconds < math.inf:
            yield Problem(what, f"{what} is {seconds:g} s, expected more than 0")
    if not 1 <= config.queue <= 100_000:
        yield Problem("queue", f"queue is {config.queue}, expected 1 to 100000")
