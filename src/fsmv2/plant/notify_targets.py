"""`notify:` of a document → the settings of notifications, and what is wrong, at its place."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fsmv2 import Diagnostic, SpecError, TemplateError, render_template
from fsmv2.model.decoder import Node
from fsmv2.model.secrets.vault import holds_secret
from fsmv2.name_suggestions import nearest, suggest
from fsmv2.notify import (
    CommandSettings,
    FileSettings,
    Match,
    NotifySettings,
    QuietHours,
    TargetSettings,
    WebhookSettings,
)
from fsmv2.notify.channel import DeliveryError, scope_of
from fsmv2.notify.event_names import ENDED
from fsmv2.notify.notification import notification
from fsmv2.notify.notify_settings import EVERYWHERE, Channel
from fsmv2.notify.webhook import checked_url
from fsmv2.path_pattern import path_pattern
from fsmv2.plant.notify_section import (
    CommandTargetSection,
    FileSection,
    MatchSection,
    NotifySection,
    QuietHoursSection,
    TargetSection,
    WebhookSection,
)
from fsmv2.plant.processes import as_list
from fsmv2.plant.render_checks import at_template
from fsmv2.plant.secret_variables import NOT_KNOWN
from fsmv2.plant.unused_variables import Unused
from fsmv2.runtime.log.event_table import LEVELS, REPORT_EVENTS

UNFIT, NOT_A_KIND, WRONG_FORM = "FSM0126", "FSM0122", "FSM0127"
NO_CHOICE = "FSM0125"
UNENCRYPTED = "FSM0158"
KINDS = ("webhook", "command", "file")
EVENTS = frozenset(LEVELS) | {event.name for event in REPORT_EVENTS.values()} | {ENDED}
"""Names that `match` may have under `events`: those of the log."""
MOST_TARGETS = 32
"""Each has a thread."""
PER_MINUTE = 10

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = ("connection", "content-length", "host", "transfer-encoding")
_SAMPLE = notification(
    event="escalation_required", level="critical", at=0.0, plant="plant", message="a message"
)


def check_commands(root: Node, problems: list[Diagnostic]) -> None:
    """Commands that are one text, put in place of the general words for these."""
    targets = root.get("notify", "targets")
    for node in targets.value.values() if targets is not None and targets.kind == "mapping" else ():
        command = node.get("command")
        if command is None or not isinstance(command.value, str):
            continue
        problems[:] = [problem for problem in problems if problem.path != command.path]
        problems.append(
            command.problem(
                NOT_A_KIND,
                "the command is one text, and no shell reads it.",
                fix=f"Write the list {as_list(command.value)}.",
            )
        )


class NotifyTargets:
    """Reads one section; its problems go into `fatal`, or into `warnings`."""

    def __init__(
        self,
        section: NotifySection,
        node: Node | None,
        global_: Mapping[str, Any],
        *,
        folder: Path | None,
        unused: Unused,
        fatal: list[Diagnostic],
        warnings: list[Diagnostic],
    ) -> None:
        """`folder` is what paths are relative to; None: the document stands in none."""
        self._section = section
        self._node = node if node is not None else Node("mapping", {}, path="notify")
        self._globals = {"global": global_}
        self._sample = {**self._globals, **scope_of(_SAMPLE)}
        self._folder = folder
        self._unused = unused
        self._fatal = fatal
        self._warnings = warnings

    def settings(self) -> NotifySettings:
        """What it says; good for use only if nothing fatal was noted."""
        quiet = None
        if self._section.quiet_hours is not None:
            place = self._node.get("quiet_hours") or self._node
            quiet = self._quiet_hours(self._section.quiet_hours, place)
        if len(self._section.targets) > MOST_TARGETS:
            self._problem(
                self._node, f"there can be {MOST_TARGETS} targets.", "Remove some.", key="targets"
            )
        targets = [
            target
            for name, one in self._section.targets.items()
            if (target := self._target(name, one, quiet)) is not None
        ]
        return NotifySettings(
            targets=tuple(targets),
            remind_after=self._section.remind_after,
            variables=self._globals["global"],
        )

    def _target(
        self, name: str, section: TargetSection, quiet: QuietHours | None
    ) -> TargetSettings | None:
        node = self._node.get("targets", name) or self._node
        if not (name.strip() == name and name.isprintable() and 0 < len(name) <= 64):
            self._problem(
                node, f"{name!r} is not a name for a target.", "Use a single word.", code=WRONG_FORM
            )
        given = [key for key in KINDS if getattr(section, key) is not None]
        if len(given) != 1:
            what = " and ".join(f"'{key}'" for key in given) or "neither webhook, command nor file"
            fix = "Keep one of them." if given else "Add one of them, such as `webhook: URL`."
            self._problem(node, f"the target '{name}' has {what}.", fix)
            return None
        channel = self._channel(section, given[0], node)
        is_file = isinstance(channel, FileSettings)
        disturbs = section.quiet is not False and not (is_file and section.quiet is None)
        limit = section.per_minute
        return TargetSettings(
            name=name,
            channel=channel,
            escalations=self._paths(section.escalations, node, "escalations"),
            matches=self._matches(section.match, node),
            quiet=quiet if disturbs else None,
            per_minute=limit if limit is not None else 0 if is_file else PER_MINUTE,
        )

    def _channel(self, section: TargetSection, kind: str, node: Node) -> Channel:
        given = getattr(section, kind)
        place = node.get(kind) or node
        if kind == "webhook":
            short = isinstance(given, str)
            return self._webhook(WebhookSection(url=given) if short else given, place)
        if kind == "command":
            short = isinstance(given, list)
            return self._command(CommandTargetSection(run=given) if short else given, place)
        return self._file(FileSection(path=given) if isinstance(given, str) else given, place)

    def _webhook(self, section: WebhookSection, node: Node) -> WebhookSettings:
        place = node if node.kind == "scalar" else node.get("url") or node
        url = self._rendered(place, section.url, self._globals)
        if url and not holds_secret(url) and not url.startswith(NOT_KNOWN):
            try:
                parts = checked_url(url)
            except DeliveryError as error:
                self._problem(place, f"{error.message}.", "Write https://host/path.")
            else:
                if parts.scheme == "http" and section.headers and not _is_here(parts.hostname):
                    self._warnings.append(
                        place.problem(
                            UNENCRYPTED,
                            "the headers are sent unencrypted: anyone on the way can read them.",
                            fix="Write https://, or leave out what is secret.",
                            warning=True,
                        )
                    )
        for name in section.headers:
            header = node.get("headers", name) or node
            self._rendered(header, section.headers[name], self._sample)
            if not _HEADER.fullmatch(name) or name.lower() in _OURS:
                self._problem(
                    header,
                    f"{name!r} cannot be set as a header.",
                    "Write one such as Authorization.",
                    code=WRONG_FORM,
                )
        body = node.get("body") if node.kind == "mapping" else None
        for scalar in body.scalars() if body is not None else ():
            self._rendered(scalar, scalar.value, self._sample)
        return WebhookSettings(
            url=section.url,
            headers=section.headers,
            body=section.body,
            timeout=section.timeout,
            ca_file=self._below(section.ca_file, node.get("ca_file") or node),
        )

    def _command(self, section: CommandTargetSection, node: Node) -> CommandSettings:
        run = node if node.kind == "sequence" else node.get("run") or node
        for scalar in run.scalars():
            self._rendered(scalar, scalar.value, self._sample)
        for name, value in section.env.items():
            place = node.get("env", name) or node
            self._rendered(place, value, self._globals)
            if not name or "=" in name or "\0" in name:
                self._problem(
                    place,
                    f"{name!r} is not the name of a variable.",
                    "Choose another.",
                    code=WRONG_FORM,
                )
        return CommandSettings(
            arguments=tuple(section.run),
            env=section.env,
            timeout=section.timeout,
            folder="" if self._folder is None else str(self._folder.absolute()),
        )

    def _file(self, section: FileSection, node: Node) -> FileSettings:
        place = node if node.kind == "scalar" else node.get("path") or node
        return FileSettings(path=self._below(section.path, place), max_bytes=section.max_mb << 20)

    def _below(self, path: str, node: Node) -> str:
        """A path, rendered and absolute."""
        if not path:
            return ""
        found = self._rendered(node, path, self._globals)
        if holds_secret(found):
            self._problem(node, "a path cannot be a secret.", "Write it, or a plain variable.")
            return ""
        whole = Path(found).expanduser()
        if whole.is_absolute():
            return str(whole)
        if self._folder is None:
            self._problem(
                node,
                f"the path '{found}' is relative, and the document is in no folder.",
                "Write its whole path, beginning with /.",
            )
            return ""
        return str(self._folder.absolute() / whole)

    def _matches(
        self, given: MatchSection | list[MatchSection] | None, node: Node
    ) -> tuple[Match, ...]:
        place = node.get("match") or node
        if given is None:
            return ()
        pairs = (
            list(zip(given, place.value, strict=True))
            if isinstance(given, list)
            else [(given, place)]
        )
        for one, where in pairs:
            self._events(one.events, where)
        return tuple(
            Match(
                level=one.level,
                paths=self._paths(one.paths, where, "paths"),
                events=tuple(one.events),
            )
            for one, where in pairs
        )

    def _events(self, names: list[str], node: Node) -> None:
        for name in names:
            if name not in EVENTS:
                place = node.get("events") or node
                self._problem(
                    place, f"there is no event '{name}'.", suggest(name, EVENTS), code=NO_CHOICE
                )

    def _paths(self, given: bool | str | list[str], node: Node, key: str) -> tuple[str, ...]:
        if isinstance(given, bool):
            return EVERYWHERE if given else ()
        patterns = (given,) if isinstance(given, str) else tuple(given)
        for pattern in patterns:
            try:
                path_pattern(pattern)
            except SpecError as error:
                place = node.get(key) or node
                self._problem(place, error.message, error.fix, code=WRONG_FORM)
        return patterns

    def _quiet_hours(self, section: QuietHoursSection, node: Node) -> QuietHours | None:
        start, end = self._minute(section.from_, node, "from"), self._minute(section.to, node, "to")
        if start == end and start >= 0:
            self._problem(
                node,
                "the quiet hours end when they begin.",
                "For always being quiet leave the target out, or hold everything by `match`.",
            )
        try:
            zoneinfo.ZoneInfo(section.zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self._unknown_zone(section.zone, node.get("zone") or node)
            return None
        if start < 0 or end < 0:
            return None
        return QuietHours(
            start=start,
            end=end,
            zone=section.zone,
            hold_escalations=section.escalations == "hold",
        )

    def _unknown_zone(self, zone: str, node: Node) -> None:
        known = zoneinfo.available_timezones()
        if not known:
            self._problem(
                node,
                "this machine has no time zones.",
                "Install the package tzdata, of the system or of Python.",
            )
            return
        close = nearest(zone, known)
        fix = f"Did you mean '{close}'?" if close else "Write one such as Europe/Berlin, or UTC."
        self._problem(node, f"there is no time zone '{zone}'.", fix)

    def _minute(self, text: str, node: Node, key: str) -> int:
        place = node.get(key)
        if place is None or place.mark is None:
            return -1  # what is wrong there is said already
        found = _CLOCK.fullmatch(text)
        if found is None:
            self._problem(
                place,
                f"'{text}' is not a time of day.",
                'Write hours and minutes: "22:00".',
                code=WRONG_FORM,
            )
            return -1
        return int(found[1]) * 60 + int(found[2])

    def _rendered(self, node: Node, template: Any, scope: Mapping[str, Any]) -> str:
        """A text with variables put in; what is wrong with it is noted."""
        self._unused.reads(template)
        if not isinstance(template, str):
            return str(template)
        try:
            return str(render_template(template, scope, path=node.path))
        except TemplateError as error:
            problem = at_template(node, error)
            message = f"notify: {problem.message}"
            self._fatal.append(msgspec.structs.replace(problem, message=message))
            return ""

    def _problem(
        self, node: Node, text: str, fix: str, *, code: str = UNFIT, key: str = ""
    ) -> None:
        where = node.get(key) or node if key else node
        self._fatal.append(where.problem(code, text, fix=fix))


def _is_here(host: str | None) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
