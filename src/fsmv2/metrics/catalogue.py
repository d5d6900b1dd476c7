"""Every metric that is exported, by area. The reference page is made from this."""

from __future__ import annotations

from fsmv2.metrics.action_metrics import ACTIONS
from fsmv2.metrics.flow_metrics import FLOWS
from fsmv2.metrics.hierarchy_metrics import HIERARCHY
from fsmv2.metrics.infrastructure_metrics import INFRASTRUCTURE
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.notification_metrics import NOTIFICATIONS
from fsmv2.metrics.observation_metrics import OBSERVATION
from fsmv2.metrics.process_metrics import PROCESS
from fsmv2.metrics.template_metrics import TEMPLATES
from fsmv2.metrics.trouble_metrics import TROUBLE
from fsmv2.metrics.watched_metrics import WATCHED

AREAS: dict[str, tuple[Metric, ...]] = {
    "Workers in trouble": TROUBLE,
    "Infrastructure": INFRASTRUCTURE,
    "Actions": ACTIONS,
    "Hierarchy": HIERARCHY,
    "Templates and variables": TEMPLATES,
    "Observation and states": OBSERVATION,
    "The process itself": PROCESS,
    "Data flows": FLOWS,
    "Notifications": NOTIFICATIONS,
    "Single workers, on request": WATCHED,
}
"""In the order of the reference page."""

METRICS = {metric.name: metric for area in AREAS.values() for metric in area}
"""The same by name."""
