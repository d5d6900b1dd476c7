"""Getting people notified: of escalations, and of whatever else a document asks for.

notifier         takes reports from the tree on its loop, and routes them on a thread of its own.
event_names      what a report is, by one name.       notification   what is sent of it, as JSON.
escalations      which ones stand, and who is still to be told; survives a restart.
deduplication    the same trouble once, and again after a while.
quiet_hours      when not to disturb.                 summary        many notifications as one.
target_queue     what one target is sent next, and when.
target_thread    sends it, again after a failure; one thread a target, so that none delays another.
target_description   what a target is sent, for people.
webhook, command, file_lines   the three kinds of targets.
notify_settings  what a document says of all this, as data; handed over again when it changes.
"""

from fsmv2.notify.notification import Notification
from fsmv2.notify.notifier import Notifier
from fsmv2.notify.notify_settings import (
    CommandSettings,
    FileSettings,
    Match,
    NotifySettings,
    QuietHours,
    TargetSettings,
    WebhookSettings,
)
from fsmv2.notify.target_status import TargetStatus, TargetTest

__all__ = [
    "CommandSettings",
    "FileSettings",
    "Match",
    "Notification",
    "Notifier",
    "NotifySettings",
    "QuietHours",
    "TargetSettings",
    "TargetStatus",
    "TargetTest",
    "WebhookSettings",
]
