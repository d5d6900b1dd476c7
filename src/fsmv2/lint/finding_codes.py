"""The catalogue of what the lint finds: code → what it means, how to repair it, how it looks right.

Printed by `fsmv2 explain CODE`; the reference page is made from it.
"""

from __future__ import annotations

import msgspec

UNREADABLE = "FSM0420"
CLOCK = "FSM0421"
RANDOM = "FSM0422"
OUTSIDE = "FSM0423"
MACHINE = "FSM0424"
SHARED = "FSM0425"
GIVEN = "FSM0426"
KEPT = "FSM0427"
NEIGHBOUR = "FSM0428"
ENGINES = "FSM0429"
NO_TIMEOUT = "FSM0430"
UNBOUNDED = "FSM0431"
SWALLOWED = "FSM0432"
BLOCKS = "FSM0433"
SILENCED = "FSM0434"
HANDED = "FSM0435"
CUT = "FSM0436"
NOTICES = frozenset({HANDED, CUT})
"""What the lint cannot decide: reported, and no reason to fail."""


class Rule(msgspec.Struct, frozen=True):
    """What a code stands for: `title`, why it matters, the `fix`, and an `example`."""

    title: str
    why: str
    fix: str
    example: str


RULES: dict[str, Rule] = {
    UNREADABLE: Rule(
        "The file is not Python that can be read",
        "A file that cannot be parsed hides whatever is wrong in it.",
        "Correct what the message names, or give the lint another path.",
        "wrong:  def derive_desired_state(self, spec, previous_observed)\n"
        "right:  def derive_desired_state(self, spec, previous_observed):",
    ),
    CLOCK: Rule(
        "A pure function reads the clock",
        "Derive, the methods of states and checks are asked again whenever something changed, in "
        "simulations at another time. Time is an input: `s.now`, and `s.elapsed` since the state "
        "was entered.",
        "Use s.now or s.elapsed in a step; observe the time in collect_observed_state for derive.",
        "wrong:  if time.monotonic() - self.began > 5:\nright:  if s.elapsed > 5:",
    ),
    RANDOM: Rule(
        "A pure function draws something random",
        "Asked twice it gives two answers, so the engine sees a change where there is none, again "
        "and again.",
        "Derive it from the spec, such as a hash of the path, or draw it in an action.",
        "wrong:  delay = random.random()\nright:  delay = zlib.crc32(s.path.encode()) % 10",
    ),
    OUTSIDE: Rule(
        "A pure function does I/O",
        "Files, sockets, processes, threads, logs and the terminal can block or fail, and derive "
        "and steps run on the engine's own loop, more often than one thinks.",
        "Look in collect_observed_state and act in an @action; give the step what was observed.",
        "wrong:  if Path(s.spec.file).exists():      in a step\n"
        "right:  if s.observed.exists:               looked up by collect_observed_state",
    ),
    MACHINE: Rule(
        "A pure function reads the environment of the process",
        "Environment variables, the working directory and the name of the machine are not in the "
        "spec, so it cannot be seen why two machines decide differently.",
        "Hand it over in the spec or as a variable, or read it once when the module is imported.",
        "wrong:  host = os.environ['PLC']\nright:  host = spec.host",
    ),
    SHARED: Rule(
        "A pure function changes, or reads, what is shared between calls",
        "A global, the value of a class, a default argument or a closure outlives the call; all "
        "workers of the process share it. The same holds for reading one that others change.",
        "Return it, or make it part of the spec or the observation.",
        "wrong:  SEEN.append(spec.name)\nright:  a field of the observation",
    ),
    GIVEN: Rule(
        "A pure function changes what it was given",
        "Spec, observation and snapshot belong to the engine, which compares them to tell what "
        "changed; something changed in place is not seen, or is seen too late.",
        "Make a new one: msgspec.structs.replace(spec, ...), or a copy such as list(spec.items).",
        "wrong:  spec.tags.append('x')\nright:  tags = (*spec.tags, 'x')",
    ),
    KEPT: Rule(
        "A pure function keeps state in the worker, or reads state kept there",
        "What is kept on `self` is lost in a restart and missing in a simulation, and the answer "
        "depends on how often the function was asked.",
        "Keep it in the observation, in a state of the FSM, or use s.attempt, s.since, s.last().",
        "wrong:  self.tries += 1\nright:  if s.attempt > 3:",
    ),
    NEIGHBOUR: Rule(
        "A pure function reaches for its parent, a sibling or the engine",
        "A worker sees the statuses of its children and of what it depends on, nothing else; that "
        "keeps the order of decisions out of their results.",
        "Use s.children, s.dependencies, variables, or derive_from = 'parent'.",
        "wrong:  self.parent.observed.ready\nright:  s.dependencies['plant/broker'].healthy",
    ),
    ENGINES: Rule(
        "A derive sets a variable that the engine sets",
        "`parent_state`, `location` and `location_path` are given to each child by the engine; "
        "its values stand, and what the derive wrote is never seen.",
        "Leave it out; give the child a level of the location with UserSpec(location=...).",
        "wrong:  VariableBundle({'location_path': 'acme.cologne'})\n"
        "right:  UserSpec(location={'site': 'cologne'})",
    ),
    NO_TIMEOUT: Rule(
        "An action has no timeout of its own",
        "Without a `timeout` it has the 30 seconds that suit no action in particular; one that "
        "never ends is noticed that late, and one that needs longer is cut off. An infinite one "
        "is never noticed.",
        "Write @action(timeout=...), in seconds: the longest that a good run takes, doubled.",
        "wrong:  @action()\nright:  @action(timeout=10)",
    ),
    UNBOUNDED: Rule(
        "A network call may wait forever",
        "Collections and actions are ended by the engine when their time is over. Nothing ends "
        "what is awaited in `resources` or under an infinite timeout: a device that takes the "
        "connection and says nothing holds the worker.",
        "Put it under `async with asyncio.timeout(seconds):`, or give it a timeout.",
        "wrong:  reader, writer = await asyncio.open_connection(host, port)\n"
        "right:  async with asyncio.timeout(2):\n"
        "            reader, writer = await asyncio.open_connection(host, port)",
    ),
    SWALLOWED: Rule(
        "A cancellation is swallowed",
        "The engine ends a collection or an action by cancelling it. Code that catches "
        "CancelledError, BaseException or everything, and goes on, becomes stuck and must be "
        "fenced off.",
        "Catch Exception instead, or end the handler with `raise`.",
        "wrong:  except BaseException: pass\nright:  except OSError as error: ...",
    ),
    BLOCKS: Rule(
        "An async method blocks its loop",
        "All workers share few loops: while one blocks, none of them is observed or stopped.",
        "Await the asynchronous form, use asyncio.to_thread, or write a plain `def` marked "
        "@blocking.",
        "wrong:  time.sleep(1)\nright:  await asyncio.sleep(1)",
    ),
    SILENCED: Rule(
        "A silencing comment has no reason, or silences nothing",
        "The next reader must know why the rule does not hold in this line; a comment that is no "
        "longer needed would hide the next mistake.",
        "Write the reason behind the bracket, or remove the comment.",
        "wrong:  # fsmv2: ignore[FSM0427]\n"
        "right:  # fsmv2: ignore[FSM0427] a cache that depends on the spec alone",
    ),
    HANDED: Rule(
        "A pure function calls what the worker was made with",
        "An object handed to `__init__` may read a clock, a file or a device; the lint cannot see "
        "which one it will be. This is a notice, and fails nothing.",
        "Call it in collect_observed_state or an @action; or, if it is pure, say so in its line "
        "with a reason.",
        "wrong:  def __init__(self, meter): self.meter = meter   and   if self.meter.read() > 5:\n"
        "right:  if s.observed.reading > 5:",
    ),
    CUT: Rule(
        "A method is too long to be followed to its end",
        "The lint follows a bounded number of statements and calls of each method, so that it ends "
        "in good time. What comes after that is not checked. This is a notice, and fails nothing.",
        "Split the method, or the helpers that it calls in loops.",
        "wrong:  one state with loops in loops in helpers of helpers\n"
        "right:  a state that compares, and a derive that prepares",
    ),
}
"""The codes of the lint. Findings are listed by `fsmv2 lint`."""


def explain(code: str) -> str | None:
    """The page of a code, as text; None when it is none of the lint's."""
    rule = RULES.get(code.upper())
    if rule is None:
        return None
    return f"{code.upper()}: {rule.title}\n\n{rule.why}\n\n{rule.fix}\n\n{rule.example}\n"
