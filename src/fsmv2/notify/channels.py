"""The channel of a target, by what the document says of it."""

from __future__ import annotations

from fsmv2.notify.channel import Channel, Texts
from fsmv2.notify.command import CommandChannel
from fsmv2.notify.file_lines import FileLines
from fsmv2.notify.notify_settings import CommandSettings, TargetSettings, WebhookSettings
from fsmv2.notify.webhook import Webhook


def open_channel(settings: TargetSettings, texts: Texts) -> Channel:
    """One for `settings`; nothing is opened before something is sent."""
    what = settings.channel
    if isinstance(what, WebhookSettings):
        return Webhook(what, texts)
    if isinstance(what, CommandSettings):
        return CommandChannel(what, texts)
    return FileLines(what, texts)
