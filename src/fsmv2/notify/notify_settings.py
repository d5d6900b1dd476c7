"""What a document says about notifications, as data: targets, what each is sent, and when not.

Texts may hold templates, and tokens of secrets in place of their values; see `channel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

LEVELS = ("debug", "info", "warning", "error", "critical")
"""From the least to the gravest."""

EVERYWHERE = ("**",)


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A POST of the notification as JSON, or of `body`, a template of data.

    `timeout`: seconds for all of it. `ca_file`: certificates that are trusted beside the system's.
    """

    url: str
    headers: Mapping[str, str] = {}
    body: Any = None
    timeout: float = 10.0
    ca_file: str = ""


class CommandSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A program and its arguments, handed the notification as JSON on its standard input.

    It has the variables of `env`, and of our own only those that hold no secret.
    """

    arguments: tuple[str, ...]
    env: Mapping[str, str] = {}
    timeout: float = 30.0
    folder: str = ""


class FileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A file that gets a line of JSON for each; at `max_bytes` it becomes `path.1`."""

    path: str
    max_bytes: int = 10 << 20


Channel = WebhookSettings | CommandSettings | FileSettings


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent beside escalations: from this level on, of paths that fit one of the patterns.

    `events`: only these; none: all.
    """

    level: str = "warning"
    paths: tuple[str, ...] = EVERYWHERE
    events: tuple[str, ...] = ()


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """From `start` to `end`, minutes after midnight by the clocks of `zone`, every day.

    What comes then is held and summarised at the end; escalations only if they are to be held.
    """

    start: int
    end: int
    zone: str
    hold_escalations: bool = False


class TargetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One target. `escalations`: patterns of the paths whose escalations it is sent.

    `per_minute`: messages at most; what is more is summarised. 0: no limit.
    """

    name: str
    channel: Channel
    escalations: tuple[str, ...] = EVERYWHERE
    matches: tuple[Match, ...] = ()
    quiet: QuietHours | None = None
    per_minute: int = 10


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True):
    """All targets. `remind_after`: seconds after which trouble that stays is sent again; 0: never.

    `variables`: the global ones, for templates of the targets.
    """

    targets: tuple[TargetSettings, ...] = ()
    remind_after: float = 4 * 3600.0
    variables: Mapping[str, Any] = {}
