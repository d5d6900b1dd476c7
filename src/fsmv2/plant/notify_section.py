"""`notify:` of a document: its keys, types and ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from fsmv2.model.decoder import Duration, Templated

Name = Annotated[str, msgspec.Meta(min_length=1)]
Limit = Annotated[Duration, msgspec.Meta(gt=0, le=3600)]


class WebhookSection(msgspec.Struct, frozen=True, kw_only=True):
    """`webhook:` an address that gets a POST; `webhook: URL` is short for its `url` alone."""

    url: Templated[Name]
    """Where the POST goes: `https://hooks.example/x`. It may use global variables, secret ones,
    too."""
    headers: dict[str, Templated[str]] = {}
    """Headers by name: `{Authorization: "Bearer {{ .global.TOKEN }}"}`. Global variables, and
    the keys of the notification."""
    body: Any = None
    """What is sent as JSON, with the keys of the notification in it: `{text: "{{ .text }}"}`.
    Left out, all of the notification."""
    timeout: Limit = 10.0
    """How long the whole exchange may take; at most an hour."""
    ca_file: Templated[str] = ""
    """A file with the certificates that the server is checked against, in place of those of the
    system."""


class CommandTargetSection(msgspec.Struct, frozen=True, kw_only=True):
    """`command:` a program that gets the notification as JSON on its standard input.

    `command: [PROGRAM, ARGUMENT]` is short for `run` alone.
    """

    run: Annotated[list[Templated[Name]], msgspec.Meta(min_length=1)]
    """The program and its arguments, which may use the keys of the notification: `[notify-send,
    "{{ .text }}"]`. No shell reads it."""
    env: dict[str, Templated[str]] = {}
    """Variables of its environment, which may use global variables, secret ones, too. Otherwise
    it has PATH, HOME, USER, LOGNAME, TZ and the language."""
    timeout: Limit = 30.0
    """How long it may run before it is killed; at most an hour."""


class FileSection(msgspec.Struct, frozen=True, kw_only=True):
    """`file:` a file that gets a line of JSON for each; `file: PATH` is short for `path` alone."""

    path: Templated[Name]
    """The file; a relative path is below the folder of the document."""
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=10240)] = 10
    """Megabytes at which it is renamed to `PATH.1` and a new one begins."""


class MatchSection(msgspec.Struct, frozen=True, kw_only=True):
    """`match:` what a target is sent besides escalations; one of these, or a list of them."""

    level: Literal["info", "warning", "error", "critical"] = "warning"
    """The least level that is sent."""
    paths: str | list[Name] = "**"
    """Whose reports: a pattern of paths, or several. `*` stands for names within a level, `**`
    for any number of levels, `…/` in front for whatever is above."""
    events: list[Name] = []
    """Only these events, by the names of the log, such as `worker_restarted`; left out, all."""


class QuietHoursSection(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`quiet_hours:` when not to disturb; what comes then is held, and summarised at their end."""

    from_: str
    """When they begin, in quotes: `"22:00"`."""
    to: str
    """When they end, in quotes: `"06:00"`; earlier than `from`: the next day."""
    zone: Name
    """The time zone whose clocks count, such as Europe/Berlin."""
    escalations: Literal["send", "hold"] = "send"
    """send: escalations are sent at once all the same; hold: they are held, too."""


class TargetSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `targets:`, by its name: one of a webhook, a command and a file."""

    webhook: Templated[Name] | WebhookSection | None = None
    """An address that gets a POST: a URL, or keys and values as below."""
    command: list[Templated[Name]] | CommandTargetSection | None = None
    """A program that is run: a list of it and its arguments, or keys and values as below."""
    file: Templated[Name] | FileSection | None = None
    """A file that lines are added to: its path, or keys and values as below."""
    escalations: bool | str | list[Name] = True
    """Whether it is sent escalations, their acknowledgement and their end; a pattern of paths,
    or several: those of these workers only."""
    match: MatchSection | list[MatchSection] | None = None
    """What it is sent besides escalations: `{level: error}`; left out, nothing."""
    per_minute: Annotated[int, msgspec.Meta(ge=0, le=10000)] | None = None
    """Messages a minute at most; what is more is summarised. 0: no limit. Left out: 10, and no
    limit for a file."""
    quiet: bool | None = None
    """Whether quiet hours hold for it. Left out: true, and false for a file."""


class NotifySection(msgspec.Struct, frozen=True, kw_only=True):
    """`notify:` who is notified of trouble, and how."""

    targets: dict[str, TargetSection] = {}
    """Who is notified, by a name of yours; at most 32."""
    remind_after: Annotated[Duration, msgspec.Meta(ge=0)] = 14400.0
    """Trouble that stays is sent again after this, an escalation unless it was acknowledged; 0s:
    never."""
    quiet_hours: QuietHoursSection | None = None
    """When not to disturb."""
