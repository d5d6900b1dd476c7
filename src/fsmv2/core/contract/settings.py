"""Every number of the engine in one place; the runtime and the core are handed one of these."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from fsmv2.errors import SpecError
from fsmv2.model import AS_ELSEWHERE, Backoff
from fsmv2.path_pattern import path_pattern

MAY_BE_NONE = frozenset({"journal_mb"})
"""Numbers for which 0 means that there is none of it."""


READ_AT_START = frozenset({"types", "secrets_interval", "journal_mb"})
"""Settings that a running tree does not take over: what they decide was decided at the start."""


class ActionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an action of a worker type is to be instead of what its author wrote."""

    timeout: float | None = None
    """How long it may take."""
    retries: int | None = None
    """How often a failed one is retried before the FSM sees the failure."""


class TypeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker type is to be instead of what its author wrote."""

    interval: float | None = None
    """Time between two observations."""
    observe_timeout: float | None = None
    """How long one observation may take."""
    update_policy: Literal["recreate", "in_place"] | None = None
    """What a changed spec does to a running worker."""
    actions: Mapping[str, ActionSettings] = {}
    """By name of the action."""
    backoff: Backoff = AS_ELSEWHERE
    """How long one that failed waits before it is retried."""


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a scrape of the metrics has of single workers, who are many."""

    series: int = 200
    """Series with a path that one metric may have; the others are counted in
    `fsmv2_series_dropped`. Nobody reads more at once, and monitoring pays for each."""
    paths: str = ""
    """Workers that have series of their own also while nothing is wrong: a pattern of paths."""


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one engine; all durations in seconds. Each says why its default is what it is."""

    resync: float = 60.0
    """Every worker is looked at this often even if nothing woke it. Heals a lost wake-up within a
    minute while costing an idle tree next to nothing."""
    stop_deadline: float = 30.0
    """A stop of a whole tree may take this long, then it is forced. The usual grace of service
    managers, so that they do not kill us first."""
    cancel_grace: float = 2.0
    """How long a stop waits for a cancelled action to end before going on without it. Enough to
    close a connection in order; a small part of `stop_deadline`, so that an action that does
    not end leaves the others time to stop."""
    final_observation: float = 2.2
    """How long a stopped worker waits for its last observation before it is released. As long as a
    collection may take by default."""
    stale_after: float = 10.0
    """Least age of an observation that counts as stale; the type's own is 2 × interval + timeout. A
    broker's restart or a long garbage collection must not look like a dead device."""
    collection_restarts: int = 3
    """How often a silent collection is restarted before the worker itself is. Most silence is a
    connection that hangs, which a new collection repairs; a new worker costs what it runs."""
    backoff_base: float = 1.0
    """First delay before a restart; each further one is twice as long. Quick, for a hiccup."""
    backoff_cap: float = 60.0
    """Longest delay before a restart. Once a minute is enough for what no hiccup explains."""
    backoff_jitter: float = 0.5
    """Share of each delay that is left to chance. Workers with one trouble are not retried in
    step; and as each delay is twice the one before, they still grow until the longest."""
    healthy_reset: float = 300.0
    """After this long without trouble a worker's failed attempts are forgotten. Longer than a
    device takes to start, so that one which fails after each start is not forgiven in between."""
    warn_at: int = 4
    """Failed attempts, without `healthy_reset` in between, at which a warning is logged. A hiccup
    has passed by the third; the warning leaves one more attempt before it escalates."""
    escalate_at: int = 5
    """Failed attempts, without `healthy_reset` in between, at which a worker escalates: whoever
    `notify:` names is notified. More than `warn_at`, so that the warning comes first."""
    breaker_failures: int = 3
    """Exceptions of author code within `breaker_window` that open the circuit breaker of a
    supervisor. One may be bad luck; three are a mistake in the code, which a retry does not
    repair."""
    breaker_window: float = 300.0
    """How long an exception of author code counts towards `breaker_failures`. Long enough that a
    mistake which shows once a minute opens the circuit."""
    depth_limit: int = 32
    """Deepest allowed tree; deeper ones are nearly always a worker that declares itself."""
    transitions_per_tick: int = 16
    """Transitions one tick may take in a row; more is a livelock and is reported by name. A
    correct FSM passes through fewer states without waiting for anything."""
    transitions_at_once: int = 40
    """Transitions a worker may make in a row, beyond `transitions_per_second`; with more it is in a
    livelock, is named and slowed down. No start passes through so many states, and a type of more
    states may always pass through all of them."""
    transitions_per_second: float = 2.0
    """Transitions a second that a worker may make forever. A machine that acts on a world looked at
    every few seconds does not need two a second."""
    children_per_tick: int = 50
    """Children created or asked to stop in one tick, so that a slice keeps its 5 ms."""
    restarts_at_once: int = 20
    """Workers that may be in the middle of a restart because their spec changed, so that one global
    change never stops the whole plant at once. A restart is over when the new instance runs."""
    restarts_per_second: float = 100.0
    """How many such restarts may begin in a second, in a tree whose workers start at once."""
    discovery_agreement: int = 3
    """Fresh observations that must agree before a discovered child is removed. A scan that misses a
    server once or twice must not stop it; at the usual interval it is gone after 15 s."""
    store_patience: float = 5.0
    """How long the first action of a changed desired state waits for the store, and an end for its
    last changes. A disk under load answers within a second; one that hangs must not hold up a
    plant."""
    secrets_interval: float = 5.0
    """How often the files of secrets are looked at for a change. One `stat` each, so it costs next
    to nothing; what changed is taken a second later, when it has been found the same twice."""
    journal_mb: int = 128
    """Megabytes that the journal of what happened may take; the oldest goes first. 0: none is kept.
    An observation takes 8 to 30 bytes: about a day of 400 workers that are observed every 5 s."""
    override_warning: float = 86_400.0
    """After this long an override (a pause, a stop, a variable set by hand) is warned of, and each
    time that passes again. A day: what was forgotten is found the next, and work on a machine that
    takes a week is heard of seven times. 0: never."""
    records: int = 16
    """Ticks remembered for each supervisor. Enough to see how it came to be as it is; the journal
    has the rest."""
    causes_per_tick: int = 8
    """Causes of one tick kept by name; more are counted. A parent whose thousand children change at
    once would hold a thousand."""

    slice: float = 0.005
    """Longest time the core runs before other work of the supervision loop gets its turn. A
    client does not notice 5 ms, and with less of it more would go into the turns themselves."""
    action_slots: int = 64
    """Actions running at once. They wait for devices, not for the processor, so there may be
    many."""
    type_percent: int = 50
    """Share of `action_slots`, in percent, that one worker type may take: a hundred dead devices of
    one kind leave half of them to all others."""
    urgent_slots: int = 8
    """Slots beside those, for stops and repairs only: ten dead devices never hold up a stop.
    Repairs take at most half of them, since a dead device is repaired again and again."""
    action_queue: int = 1024
    """Actions waiting for a slot; beyond it an action stays due and is asked for again. Sixteen
    rounds of all slots: what waits longer had better be decided anew when its turn comes."""
    detect_only: bool = False
    """Nothing is done in the whole tree, only reported: for a first look at a plant that runs, or
    to see what a change would do. Off, since a supervisor that does nothing is none."""
    prune: bool = False
    """Whether a reload by SIGHUP or `run --watch` may remove workers. Off, since half a checkout of
    a folder is a valid document; an apply that somebody asks for may remove them at any time."""
    runbook_url: str = ""
    """Address below which `escalation_required` names a page for each worker type, as in
    `https://wiki.example/runbook` and `.../runbook/bridge`, unless the type names its own. Empty:
    the runbook of fsmv2, `docs/runbook`, which `fsmv2 explain` prints."""
    metrics: MetricsSettings = MetricsSettings()
    """Which single workers have series of their own in a scrape."""
    types: Mapping[str, TypeSettings] = {}
    """By name of the worker type: an interval and timeouts other than its author's."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; SpecError names all of it."""
        problems = [text for _, text in contradictions(self)]
        if problems:
            raise SpecError(f"These engine settings are not valid: {'; '.join(problems)}.")


def contradictions(settings: EngineSettings) -> Iterator[tuple[str, str]]:
    """Each setting that makes no sense, by itself or beside another, and why not."""
    for field in msgspec.structs.fields(EngineSettings):
        value = getattr(settings, field.name)
        least = 1 if field.type is int and field.name not in MAY_BE_NONE else 0
        if isinstance(value, int | float) and not least <= value < math.inf:
            yield field.name, f"{field.name} is {value:g}, expected at least {least}"
    if settings.metrics.series < 0:
        series = settings.metrics.series
        yield "metrics", f"series of metrics is {series}, expected at least 0"
    try:
        path_pattern(settings.metrics.paths)
    except SpecError:
        paths = settings.metrics.paths
        yield "metrics", f"paths of metrics is '{paths}', expected a pattern such as …/filler*"
    if settings.backoff_jitter > 1:
        yield "backoff_jitter", f"backoff_jitter is {settings.backoff_jitter:g}, expected at most 1"
    if settings.type_percent > 100:
        yield "type_percent", f"type_percent is {settings.type_percent}, expected at most 100"
    for low, high, strictly in (
        ("warn_at", "escalate_at", True),
        ("backoff_base", "backoff_cap", False),
    ):
        a, b = getattr(settings, low), getattr(settings, high)
        if a > b or (strictly and a == b):
            yield (
                low,
                f"{low} is {a:g}, expected {'less than' if strictly else 'at most'} {high}, {b:g}",
            )
