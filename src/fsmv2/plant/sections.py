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
    """The first part of every path, such as `edge` in `edge/filler`."""
    location: Any = None
    """Where it is, from the enterprise on: `{enterprise: acme, site: cologne}`, or a list of such
    pairs. Topics begin with it."""


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
    """Whether fsmv2 runs a NATS server itself; false needs `url`."""
    url: Templated[str] | None = None
    """Your own broker, such as `nats://10.0.0.9:4222` or `tls://...`."""
    port: PortOrChosen = 0
    """The port for NATS clients of the embedded broker; 0: 4222 if it is free, else another."""
    mqtt_port: PortOrChosen = 0
    """The port for MQTT clients of the embedded broker; 0: 1883 if it is free, else another."""
    user: Templated[str] = ""
    """The user at your own broker."""
    password: Templated[str] = ""
    """Its password; best a variable with a secret."""
    token: Templated[str] = ""
    """A token in place of user and password."""
    ca_file: Templated[str] = ""
    """A file with the certificates that a `tls://` broker is checked against."""
    users: dict[str, Templated[Name]] = {}
    """Users of the embedded broker that may publish, with their passwords: `{line: secret}`."""
    sync_interval: Annotated[Duration, msgspec.Meta(ge=0)] = 10.0
    """How often the embedded broker writes its store to the disk for certain; 0s: at
    each message."""
    max_store_mb: Annotated[int, msgspec.Meta(ge=10)] = 10240
    """Megabytes that the store of the embedded broker may take."""


class TemplateSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `templates:`; what bridges made from it share.

    Bridges whose flows reach a device have a `connection`, this one or their own.
    """

    connection: AsWritten[Device] | None = None
    """The device, as TCP sees it: `{host: 10.0.0.5, port: 502}`."""
    read: AsWritten[ReadSection] | None = None
    """What is read, and where it is published."""
    write: AsWritten[WriteSection] | None = None
    """What may be written, and from where; without it nothing is ever written."""


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
    """Its name in paths, logs and records; each bridge has its own."""
    template: str | None = None
    """The entry of `templates:` that it is made from."""
    connection: AsWritten[Device] | None = None
    """The device; in place of that of the template."""
    read: AsWritten[ReadSection] | None = None
    """What is read; in place of that of the template."""
    write: AsWritten[WriteSection] | None = None
    """What may be written; in place of that of the template."""
    location: Any = None
    """Where its machine is, below the location of the agent: `{area: hall-1, line: two}`."""
    variables: dict[str, Any] = {}
    """Values for the templates: `{IP: 10.0.0.5, PORT: 502}`; `{env: NAME}` and `{file: path}` read
    secrets."""
    enabled: bool = True
    """false: it is declared and does not run."""
    detect_only: bool = False
    """true: it is observed, and what would be done is only reported."""
    state: Annotated[Literal["active", "stopped"], STATE_WORDS] = "active"
    """active: it runs; stopped: it is stopped until this changes."""


class ActionSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `actions:`, what an action is to be instead of what its type says."""

    timeout: Seconds | None = None
    """How long the action may take before it is cancelled."""
    retries: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How often it is tried again before it counts as failed."""


class TypeSection(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `types:`, what a worker type is to be instead of what it says itself."""

    interval: Seconds | None = None
    """How often workers of this type are observed."""
    observe_timeout: Seconds | None = None
    """How long one observation may take."""
    update_policy: Literal["recreate", "in_place"] | None = None
    """What a changed spec does: recreate the worker, or hand it to the running one (in_place)."""
    actions: dict[str, ActionSection] = {}
    """Settings of single actions, by name."""
    backoff: BackoffSection = BackoffSection()
    """How long one that failed waits before it is restarted."""


class MetricsSection(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics:` what a scrape has of single workers; see [engine settings](settings.md)."""

    series: Annotated[int, msgspec.Meta(ge=0)] = 200
    """Series with a path that one metric may have; further workers are only counted, in
    `fsmv2_series_dropped`."""
    paths: str = ""
    """Workers that have series of their own even while nothing is wrong: a pattern of paths,
    such as `…/filler*`."""


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
    """one_for_all: all are restarted when one is; rest_for_one: those that start after it."""
    members: Annotated[list[str], msgspec.Meta(min_length=2)]
    """Names of processes, bridges, or `broker`; at least two."""


class HttpSection(msgspec.Struct, frozen=True, kw_only=True):
    """`http:` serves `/metrics`, `/healthz`, `/readyz` and `/version` to programs of this machine.

    `listen`: a loopback address, port 9410 if there is none; port 0: a free one, which is reported.
    Read when fsmv2 starts.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        listen="port address bind host addr",
    )

    listen: ListenAddress
    """Such as `127.0.0.1:9410`; only addresses of this machine itself."""


class TracesSection(msgspec.Struct, frozen=True, kw_only=True):
    """`traces:` sends what is decided, and why, to a receiver of OpenTelemetry traces.

    `endpoint`: its URL for OTLP over HTTP, to which `/v1/traces` is added. Needs
    the extra `traces`, which `make install` includes. Read when fsmv2 starts.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        endpoint="url host address",
    )

    endpoint: CollectorUrl
    """Such as `http://127.0.0.1:4318`."""


class PlantSection(msgspec.Struct, frozen=True, kw_only=True, rename={"global_": "global"}):
    """The whole document."""

    ALIASES: ClassVar[Mapping[str, str]] = {"protocolConverter": "bridges"}

    agent: AgentSection
    """The root of the tree, and where it is."""
    global_: dict[str, Any] = {}
    """Variables of all bridges and processes: `{{ .global.rate }}`."""
    broker: BrokerSection = BrokerSection()
    """The embedded broker, or your own."""
    engine: EngineSection = EngineSection()
    """Settings of the engine."""
    log: LogSection = LogSection()
    """What is logged."""
    http: HttpSection | None = None
    """Where metrics and health are served."""
    traces: TracesSection | None = None
    """Where traces are sent."""
    templates: dict[str, TemplateSection] = {}
    """What bridges have in common, by name."""
    bridges: list[BridgeSection] = []
    """Devices that are read and written."""
    processes: dict[str, ProcessSection] = {}
    """Commands that are supervised, by name."""
    groups: list[GroupSection] = []
    """What is restarted together."""
    notify: NotifySection = NotifySection()
    """Who is notified of what."""
