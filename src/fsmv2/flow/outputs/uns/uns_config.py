"""`uns:` how a flow publishes: as a document says it, and fully resolved."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fsmv2.errors import UnfitError
from fsmv2.flow.field_types import Name
from fsmv2.flow.nats.login import Login
from fsmv2.flow.output import FlowPlace
from fsmv2.flow.subject import PREFIX, subject_of
from fsmv2.flow.tag import Problem, Tag, unclean
from fsmv2.model.decoder import Templated
from fsmv2.model.name_rules import UNKNOWN, has_first_level


class UnsSection(msgspec.Struct, frozen=True, kw_only=True):
    """`uns:` how values are published in the Unified Namespace."""

    contract: Templated[Name] = "_raw"
    """The data contract, the part of the topic between location and tag. `_raw`: values as the
    device has them."""
    retain: Templated[bool] = False
    """true: the last value of each tag is kept for MQTT clients that subscribe later."""


class UnsOutput(UnsSection, frozen=True, kw_only=True, tag="uns"):
    """The Unified Namespace on a NATS server with JetStream.

    `queue` bounds the samples accepted but not yet acknowledged; `window` those sent without
    waiting for the acknowledgement of the first. `server`: what the server's name begins with;
    another that answers at `url` is not spoken to. `login`: what the server is shown.
    """

    url: str
    location_path: str
    """Where its tags stand, `acme.berlin.hall`: the levels of the location, joined by dots."""
    stream: str = "UMH"
    """The stream of the server that keeps samples."""
    queue: int = 10_000
    window: int = 512
    server: str = ""
    login: Login = Login()

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise UnfitError("uns", problems)

    @property
    def base(self) -> str:
        """What the subjects of all its tags begin with."""
        return f"{PREFIX}.{self.location_path}.{self.contract}"

    def subject(self, tag: Tag) -> str:
        """The subject to which the values of a tag are published."""
        return subject_of(self.location_path, self.contract, tag.virtual_path, tag.published)


def resolve_uns(section: UnsSection, place: FlowPlace) -> UnsOutput:
    """Below the location, at the broker of the bridge."""
    return UnsOutput(
        url=place.broker_url,
        server=place.broker_server,
        login=place.broker_login,
        location_path=place.location_path,
        contract=section.contract,
        retain=section.retain,
    )


def _problems(config: UnsOutput) -> Iterator[Problem]:
    if not has_first_level(config.location_path):
        found = "has no enterprise" if config.location_path else "is empty"
        yield Problem(
            "",
            f"the location {found}; what publishes into the namespace needs at least its first "
            "level, the enterprise",
            "Add at least `location: {enterprise: ...}` to the agent.",
        )
    levels = [level for level in config.location_path.split(".") if level != UNKNOWN]
    if config.location_path:
        yield from unclean("", *levels, what="location level")
    yield from unclean("contract", config.contract, what="contract")
    if not config.url:
        yield Problem("", "url is empty")
    if config.queue < 1 or config.window < 1:
        yield Problem("", "queue and window must be at least 1")
