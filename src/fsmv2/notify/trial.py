"""Send a test notification to targets, and say what became of it at each."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import UnknownTargetError
from fsmv2.model import Vault
from fsmv2.name_suggestions import suggest
from fsmv2.notify.channel import DeliveryError, Texts
from fsmv2.notify.channels import open_channel
from fsmv2.notify.notification import Notification, notification
from fsmv2.notify.notify_settings import NotifySettings, TargetSettings
from fsmv2.notify.target_status import TargetTest

WITHIN = 60.0
"""Seconds for which targets are waited for, whatever their own limits are."""


def try_targets(
    plant: str,
    settings: NotifySettings,
    vault: Vault,
    names: Sequence[str] = (),
    *,
    within: float = WITHIN,
) -> tuple[TargetTest, ...]:
    """Send each of these targets, or all, a notification `test`, all at once and each once. Blocks.

    Quiet hours do not hold it. UnknownTargetError: there is no such target.
    """
    known = {one.name: one for one in settings.targets}
    for name in names:
        if name not in known:
            raise UnknownTargetError(
                f"there is no notification target '{name}'", fix=suggest(name, known)
            )
    wanted = [known[name] for name in dict.fromkeys(names)] or list(settings.targets)
    texts = Texts(settings.variables, vault)
    one = notification(
        event="test",
        level="info",
        at=time.time(),
        plant=plant,
        message="this is a test notification of fsmv2; nothing has happened",
    )
    found: dict[str, TargetTest] = {}

    def run(target: TargetSettings) -> None:
        found[target.name] = _tried(target, texts, one)

    threads = [threading.Thread(target=run, args=(target,), daemon=True) for target in wanted]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, limit - time.monotonic()))
    return tuple(found.get(target.name) or _hangs(target, texts, within) for target in wanted)


def _tried(target: TargetSettings, texts: Texts, one: Notification) -> TargetTest:
    channel = open_channel(target, texts)
    began = time.monotonic()
    answer = error = ""
    try:
        answer = channel.send(one)
    except DeliveryError as wrong:
        error = wrong.message
    except ANY_RAISED as wrong:  # a mistake of ours; its text might quote a secret
        error = f"it cannot be sent: {type(wrong).__name__}"
    return TargetTest(
        target=target.name,
        kind=channel.kind,
        address=channel.address,
        delivered=not error,
        seconds=round(time.monotonic() - began, 3),
        answer=answer,
        error=error,
    )


def _hangs(target: TargetSettings, texts: Texts, within: float) -> TargetTest:
    channel = open_channel(target, texts)
    return TargetTest(
        target=target.name,
        kind=channel.kind,
        address=channel.address,
        delivered=False,
        seconds=within,
        error=f"it has not ended within {within:g} s",
    )
