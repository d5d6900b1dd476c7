"""What must hold between the workers of a tree, and of the tree as a whole."""

from __future__ import annotations

from fsmv2.core import Cause, Core, Event, Instruction, Release, Released, Supervisor
from fsmv2.core.policy.stop_order import stop_blocker
from fsmv2.store import Store
from fsmv2.testing.cycles import cycle_in
from fsmv2.testing.invariant import Invariant


class SiblingsUntouched(Invariant):
    """Who is marked is kin of whom the event is about, or who is ticked; ticks agree with marks."""

    sentence = "siblings of what is in trouble are not ticked"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.counts: dict[Supervisor, int] = {s: s.tick_count for s in core.by_path.values()}
        self.about: Supervisor | None = None

    def event(self, event: Event) -> None:
        self.about = self.core.by_path.get(getattr(event, "path", ""))

    def handled(self, event: Event) -> None:
        self.about = None

    def marked(self, s: Supervisor, cause: Cause) -> None:
        about = self.about
        if about is None or s is about or s.parent is about or about.parent is s:
            return  # about nobody: a timer of its own, or something that is everybody's
        if cause.kind == "claim":
            return  # it is to take over what the other had
        if not _is_kin(s, about):
            raise self.broken(f"{s.path} is to be ticked for what is about {about.path}: {cause}")

    def before_tick(self, s: Supervisor) -> None:
        self.about = s
        if not s.causes:
            raise self.broken(f"{s.path} is ticked without a cause")

    def after_tick(self, s: Supervisor) -> None:
        self.about = None
        self.counts[s] = self.counts.get(s, s.tick_count - 1) + 1

    def scan(self) -> None:
        self.counts = {s: n for s, n in self.counts.items() if self.core.by_path.get(s.path) is s}
        for s, counted in self.counts.items():
            if s.tick_count != counted:
                raise self.broken(f"{s.path} counts {s.tick_count} ticks, it had {counted}")


def _is_kin(s: Supervisor, about: Supervisor) -> bool:
    """Below it, above it, depends on it or on what is below it, or is what it depends on."""
    if s.path == about.path or s.path in about.upstream:
        return True  # the former: it is what came after it
    below = about.path + "/"
    if s.path.startswith(below) or about.path.startswith(s.path + "/"):
        return True
    return any(on == about.path or on.startswith(below) for on in s.upstream)


class CausesAreKept(Invariant):
    """Counts the marks of each worker, and compares them with what its tick finds and records."""

    sentence = "all causes are kept"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.marks: dict[Supervisor, int] = {}
        self.found = 0

    def marked(self, s: Supervisor, cause: Cause) -> None:
        self.marks[s] = self.marks.get(s, 0) + 1

    def before_tick(self, s: Supervisor) -> None:
        expected = self.marks.pop(s, 0)
        found = self.found = len(s.causes or ()) + s.more_causes
        if expected != found:
            raise self.broken(f"{s.path} was marked {expected} times and finds {found} causes")

    def after_tick(self, s: Supervisor) -> None:
        if not s.records or s.records[-1].id != self.core.tick_id:
            return  # released by it, or it raised
        last = s.records[-1]
        if len(last.causes) + last.more != self.found:
            told = len(last.causes) + last.more
            raise self.broken(f"{s.path} was ticked for {self.found} causes and records {told}")

    def scan(self) -> None:
        self.marks = {s: n for s, n in self.marks.items() if s.dirty}


class MemoryIsBounded(Invariant):
    """Compares everything that could grow with the tree there is, and with what has yet to end."""

    sentence = "memory is bounded by the size of the tree"

    def __init__(self, core: Core, store: Store | None = None) -> None:
        super().__init__(core, store)
        self.ending: set[tuple[str, int]] = set()

    def asked(self, instruction: Instruction) -> None:
        if isinstance(instruction, Release):
            self.ending.add((instruction.path, instruction.incarnation))

    def handled(self, event: Event) -> None:
        if isinstance(event, Released):
            self.ending.discard((event.path, event.incarnation))

    def scan(self) -> None:
        core = self.core
        tree = list(core.by_path.values())
        sizes = {
            "timers": (len(core._timers), 1024 + 4 * sum(len(s.timers) for s in tree)),
            "instructions": (len(core._instructions), 0),
            "fences": (sum(map(len, core.fences.values())), len(self.ending)),
            "dependents": (
                sum(map(len, core.dependents.values())),
                sum(len(s.upstream) for s in tree),
            ),
            "dirty marks": (sum(map(len, core._dirty)), 50 + 4 * len(tree)),
            "open circuits": (core.open_circuits, sum(s.withheld is not None for s in tree)),
            "records": (
                max((len(s.records) for s in tree), default=0),
                core.settings.records,
            ),
            "causes": (
                max((len(s.causes or ()) for s in tree), default=0),
                core.settings.causes_per_tick,
            ),
        }
        for name, (size, limit) in sizes.items():
            if size > limit:
                raise self.broken(f"{size} {name}, and the tree of {len(tree)} allows {limit}")


class NobodyWaitsInACircle(Invariant):
    """Looks for a circle in who waits for whom, to start and to stop."""

    sentence = "no wait cycle"

    def scan(self) -> None:
        core = self.core
        starts = {s.path: s.waits_for for s in core.by_path.values() if s.waits_for}
        stops = {}
        for s in core.by_path.values():
            if s.stop is not None and (blocker := stop_blocker(core, s)) is not None:
                stops[s.path] = (blocker.path,)
        for what, edges in (("to start", starts), ("to stop", stops)):
            cycle = cycle_in(edges)
            if cycle:
                raise self.broken(f"{what}, {' → '.join(cycle)}")
