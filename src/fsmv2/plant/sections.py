"""The sections of a plant's document: their keys, types and ranges.

What is below `connection:`, `read:` and `write:` is described where it is used, in `fsmv2.flow`, a
protocol's part with the protocol; here it is only checked as it is written, templates included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec

from fsmv2 import EngineSettings
from fsmv2.flow import Device, ReadSection, WriteSection
from fsmv2.model.decoder import AsWritten, CollectorUrl, Duration, ListenAddress, Templated
from fsmv2.model.decoder.other_words import OtherWords, other_names
from fsmv2.plant.log_section import LogSection
from fsmv2.plant.notify_section import NotifySection
from fsmv2.plant.process_section import BackoffSection, ProcessSection

Name = Annotated[str, msgspec.Meta(min_length=1)]
PortOrChosen = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[Duration, msgspec.Meta(gt=0)]

STATE_WORDS = OtherWords(
    {
        **dict.fromkeys(
            ("running", "run", "on", "started", "start", "enabled", "true", "up", "present"),
            "Write active.",
        ),
        **dict.fromkeys(
            ("off", "stop", "paused", "disabled", "inactive", "false", "down", "absent"),
            "Write stopped.",
        ),
    }
)
STRATEGY_WORDS = OtherWords(
    dict.fromkeys(
        ("one_for_one", "simple_one_for_one", "none"),
        "Remove the group: what is in none is restarted alone.",
    )
)


class AgentSection(msgspec.Struct, frozen=True, kw_only=True):
    """`agent:` the name of the tree's root, and where it stands."""

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        name="id hostname",
        location="place site",
    )

    name: Name
    location: Any = None


class BrokerSection(msgspec.Struct, frozen=True, kw_only=True):
    """`broker:` an embedded broker, or the `url` of one that runs already. Port 0: chosen.

    `user`, `password`, `token`, `ca_file` go with `url`; `users` are those of the embedded one.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        url="host address server endpoint uri hostname",
        user="username login",
        password="pass passwd",  # noqa: S106  (words for the key, no password)
        ca_file="ca cafile tls_ca",
        mqtt_port="mqtt",
    )

    embedded: bool = True
    url: Templated[str] | None = None
    port: PortOrChosen = 0
    mqtt_port: PortOrChosen = 0
    user: Templated[str] = ""
    password: Templated[str] = ""
    token: Templated[str] = ""
    ca_file: Templated[str] = ""
    users: dict[str, Templated[Name]] = {}
    sync_interval: Annotated[Duration, msgspec.Meta(ge=0)] = 10.0
    max_store_mb: Annotated[int, msgspec.Meta(ge=10)] = 10240


class TemplateSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `templates:`; what bridges made from it share.

    Bridges whose flows reach a device have a `connection`, this one or their own.
    """

    connection: AsWritten[Device] | None = None
    read: AsWritten[ReadSection] | None = None
    write: AsWritten[WriteSection] | None = None


class BridgeSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `bridges:`; sections written here take the place of the template's."""

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        template="type kind uses extends",
        variables="vars params parameters values",
        location="place site",
        read="input inputs",
        write="output outputs",
        connection="device",
    )

    name: Name
    template: str | None = None
    connection: AsWritten[Device] | None = None
    read: AsWritten[ReadSection] | None = None
    write: AsWritten[WriteSection] | None = None
    location: Any = None
    variables: dict[str, Any] = {}
    enabled: bool = True
    detect_only: bool = False
    state: Annotated[Literal["active", "stopped"], STATE_WORDS] = "active"


class ActionSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `actions:`, what an action is to be instead of what its type says."""

    timeout: Seconds | None = None
    retries: Annotated[int, msgspec.Meta(ge=0)] | None = None


class TypeSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `types:`, what a worker type is to be instead of what it says itself."""

    interval: Seconds | None = None
    observe_timeout: Seconds | None = None
    update_policy: Literal["recreate", "in_place"] | None = None
    actions: dict[str, ActionSection] = {}
    backoff: BackoffSection = BackoffSection()


class MetricsSection(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics:` what a scrape has of single workers; see [engine settings](settings.md)."""

    series: Annotated[int, msgspec.Meta(ge=0)] = 200
    paths: str = ""


def _setting(field: msgspec.structs.FieldInfo) -> Any:
    if field.name == "types":
        return dict[str, TypeSection], {}
    if field.type is str:
        return str, field.default
    if field.name == "metrics":
        return MetricsSection, MetricsSection()
    if field.type is bool:
        return bool, field.default
    if field.type is int:
        least = 0 if field.name == "journal_mb" else 1
        return Annotated[int, msgspec.Meta(ge=least)], field.default
    if field.name == "backoff_jitter":
        return Annotated[float, msgspec.Meta(ge=0, le=1)], field.default
    rate = field.name.endswith("per_second")
    return Annotated[float, msgspec.Meta(gt=0)] if rate else Seconds, field.default


if TYPE_CHECKING:
    EngineSection = EngineSettings
else:  # the same fields, as they are written in a document
    EngineSection = msgspec.defstruct(
        "EngineSection",
        [(field.name, *_setting(field)) for field in msgspec.structs.fields(EngineSettings)],
        frozen=True,
        kw_only=True,
        module=__name__,
        namespace={
            "__doc__": "`engine:` the engine's settings; see [what each is for](settings.md). "
            "An apply takes over all but `types`, `secrets_interval` and `journal_mb`."
        },
    )


def engine_settings(section: EngineSettings) -> EngineSettings:
    """The settings of a section; SpecError names those that do not fit together."""
    given = {name: getattr(section, name) for name in section.__struct_fields__}
    for field in msgspec.structs.fields(EngineSettings):
        if field.name in ("metrics", "types"):
            written = msgspec.to_builtins(given[field.name])
            given[field.name] = msgspec.convert(written, field.type)
    return EngineSettings(**given)


class GroupSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `groups:`; processes, bridges or the broker that are restarted together."""

    strategy: Annotated[Literal["one_for_all", "rest_for_one"], STRATEGY_WORDS]
    members: Annotated[list[str], msgspec.Meta(min_length=2)]


class HttpSection(msgspec.Struct, frozen=True, kw_only=True):
    """`http:` serves `/metrics`, `/healthz`, `/readyz` and `/version` to programs of this machine.

    `listen`: a loopback address, port 9410 if there is none; port 0: a free one, which is reported.
    Read when fsmv2 starts.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        listen="port address bind host addr",
    )

    listen: ListenAddress


class TracesSection(msgspec.Struct, frozen=True, kw_only=True):
    """`traces:` sends what is decided, and why, to a receiver of OpenTelemetry traces.

    `endpoint`: its URL for OTLP over HTTP, to which `/v1/traces` is added. Needs
    `pip install 'fsmv2[traces]'`. Read when fsmv2 starts.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        endpoint="url host address",
    )

    endpoint: CollectorUrl


class PlantSection(msgspec.Struct, frozen=True, kw_only=True, rename={"global_": "global"}):
    """The whole document."""

    ALIASES: ClassVar[Mapping[str, str]] = {"protocolConverter": "bridges"}

    agent: AgentSection
    global_: dict[str, Any] = {}
    broker: BrokerSection = BrokerSection()
    engine: EngineSection = EngineSection()
    log: LogSection = LogSection()
    http: HttpSection | None = None
    traces: TracesSection | None = None
    templates: dict[str, TemplateSection] = {}
    bridges: list[BridgeSection] = []
    processes: dict[str, ProcessSection] = {}
    groups: list[GroupSection] = []
    notify: NotifySection = NotifySection()
