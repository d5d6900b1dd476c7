"""What a target is sent, and where to, as a line for a person."""

from __future__ import annotations

from fsmv2.model import Vault
from fsmv2.notify.channel import Texts
from fsmv2.notify.channels import open_channel
from fsmv2.notify.notify_settings import EVERYWHERE, Match, NotifySettings, TargetSettings
from fsmv2.notify.quiet_hours import named


def described(settings: NotifySettings, vault: Vault) -> tuple[str, ...]:
    """One line for each target; no secret is in it."""
    texts = Texts(settings.variables, vault)
    return tuple(_line(one, texts) for one in settings.targets)


def _line(target: TargetSettings, texts: Texts) -> str:
    channel = open_channel(target, texts)
    parts = [f"{target.name}: {channel.kind} {channel.address}"]
    if target.escalations:
        parts.append(f"escalations{_of(target.escalations)}")
    parts += map(_match, target.matches)
    if not target.escalations and not target.matches:
        parts.append("nothing")
    if target.quiet is not None:
        but = "" if target.quiet.hold_escalations else ", except for escalations"
        parts.append(f"quiet from {named(target.quiet)}, {target.quiet.zone}{but}")
    return "; ".join(parts)


def _match(match: Match) -> str:
    what = ", ".join(match.events) or "everything"
    return f"{what} at {match.level} and above{_of(match.paths)}"


def _of(patterns: tuple[str, ...]) -> str:
    return "" if patterns == EVERYWHERE else f" of {', '.join(patterns)}"
