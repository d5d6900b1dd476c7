"""`notify:` of a document: its keys, types and ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from fsmv2.model.decoder import Duration, Templated

Name = Annotated[str, msgspec.Meta(min_length=1)]
Limit = Annotated[Duration, msgspec.Meta(gt=0, le=3600)]


class WebhookSection(msgspec.Struct, frozen=True, kw_only=True):
    """`webhook:` an address that gets a POST; `webhook: URL` is short for its `url` alone.

    `url`, `headers` and `ca_file` may use global variables, secret ones, too; `headers` and `body`
    also the keys of the notification: `{{ .text }}`. Without a `body` all of it is sent as JSON.
    `timeout` is for the whole exchange.
    """

    url: Templated[Name]
    headers: dict[str, Templated[str]] = {}
    body: Any = None
    timeout: Limit = 10.0
    ca_file: Templated[str] = ""


class CommandTargetSection(msgspec.Struct, frozen=True, kw_only=True):
    """`command:` a program that gets the notification as JSON on its standard input.

    `command: [PROGRAM, ARGUMENT]` is short for `run` alone. No shell reads it. The arguments may
    use the keys of the notification, and `env` global variables, secret ones, too; besides it only
    has PATH, HOME, USER, LOGNAME, TZ and the language. After `timeout` it is killed.
    """

    run: Annotated[list[Templated[Name]], msgspec.Meta(min_length=1)]
    env: dict[str, Templated[str]] = {}
    timeout: Limit = 30.0


class FileSection(msgspec.Struct, frozen=True, kw_only=True):
    """`file:` a file that gets a line of JSON for each; `file: PATH` is short for `path` alone.

    Relative to the folder of the document. At `max_mb` it becomes `PATH.1`, and a new one begins.
    """

    path: Templated[Name]
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=10240)] = 10


class MatchSection(msgspec.Struct, frozen=True, kw_only=True):
    """`match:` what a target is sent beside escalations; one of these, or a list.

    From `level` on, of the paths that fit one of the patterns: `*` stands for names within a level,
    `**` for any number of levels, `…/` in front for whatever is above. `events`: only these.
    """

    level: Literal["info", "warning", "error", "critical"] = "warning"
    paths: str | list[Name] = "**"
    events: list[Name] = []


class QuietHoursSection(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`quiet_hours:` when not to disturb, by the clocks of a time zone such as Europe/Berlin.

    `from: "22:00"`, `to: "06:00"`. What comes then is held, and summarised at the end; escalations
    are sent at once all the same, unless they are to be held as well: `escalations: hold`.
    """

    from_: str
    to: str
    zone: Name
    escalations: Literal["send", "hold"] = "send"


class TargetSection(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `targets:`, by its name: a webhook, a command or a file.

    `escalations`: whether it is sent escalations, their acknowledgement and their end; or of which
    paths. `per_minute`: messages at most, and what is more is summarised; 10 unless it is a file.
    `quiet: false`: quiet hours are not for it, as they are not for files.
    """

    webhook: Templated[Name] | WebhookSection | None = None
    command: list[Templated[Name]] | CommandTargetSection | None = None
    file: Templated[Name] | FileSection | None = None
    escalations: bool | str | list[Name] = True
    match: MatchSection | list[MatchSection] | None = None
    per_minute: Annotated[int, msgspec.Meta(ge=0, le=10000)] | None = None
    quiet: bool | None = None


class NotifySection(msgspec.Struct, frozen=True, kw_only=True):
    """`notify:` who is notified of trouble, and how.

    Trouble that stays is sent again after `remind_after`, an escalation unless it was acknowledged;
    0s: never.
    """

    targets: dict[str, TargetSection] = {}
    remind_after: Annotated[Duration, msgspec.Meta(ge=0)] = 14400.0
    quiet_hours: QuietHoursSection | None = None
