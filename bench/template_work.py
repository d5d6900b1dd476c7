"""Holds the steps that templates are charged against time: `python -m bench.template_work`.

Each body runs in loops of growing length until the budget ends it; what it took at most must stay
far below 50 ms, on a machine that has nothing else to do. No test: a busy machine would fail it.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from fsmv2.errors import TemplateError
from fsmv2.model.template.jinja_template import compile_jinja

SCOPE: dict[str, Any] = {
    "T": "a" * 1_000_000,
    "N": "a" * 500_000 + "b",
    "W": "- " * 130_000,
    "H": "h" * 200_000,
    "L": list(range(9000)),
    "S": ["x" * 1000 + str(i) for i in range(200)],
    "Q": [str(i) for i in range(5000)],
    "D": {str(i): i for i in range(4000)},
    "x": {"y": 0},
    "deep": [[list(range(4000))]],
    "towers": [[[[[[[[[[i]]]]]]]]] for i in range(900)],
    "P": tuple(range(100_000)),
}
COMPILED = {
    "reads": "{{ .a.b }}{{ .a }}" * 98,
    "filters": "{{ .a | upper }}" * 160,
    "list": "{{ [" + "1," * 490 + "] }}",
    "conditions": "{% if .a == 1 %}x{% endif %}" * 70,
    "nots": "{{ [" + ",".join(["not a"] * 245) + "] }}",
}
BODIES = (
    "",
    "{{ a }}",
    "{{ loop.index }}",
    "{% if .x.y %}{% endif %}",
    "{% if 'abcabc' | replace('a', 'b') %}{% endif %}",
    "{% if 1 == 1 %}{% endif %}",
    "{% if 1 is eq 2 %}{% endif %}",
    "{% if 1 is defined %}{% endif %}",
    "{% if {'a': [1]} %}{% endif %}",
    "{% if 1 + 1 ~ 1 %}{% endif %}",
    "{% for b in 'x' %}{% endfor %}",
    "{% for b in .deep %}{% endfor %}",
    "{% if -3 in .L %}{% endif %}",
    "{% if .N in .T %}{% endif %}",
    "{% if 'aaaaaaab' in .H %}{% endif %}",
    "{% if .S == .S %}{% endif %}",
    "{% if .D == .D %}{% endif %}",
    "{% if .P in .D %}{% endif %}",
    "{% set b = .T[::2] %}",
    "{% set b = .Q | sort %}",
    "{% set b = .D | dictsort %}",
    "{% set b = range(0, 20000000000000000000000, 2305843009213693951) | unique %}",
    "{% set b = .W | title %}",
    "{% set b = .W | urlencode %}",
    "{% set b = .H | trim(.H) %}",
    "{% set b = .Q | map('upper') %}",
    "{% set b = .Q | select('in', .T) %}",
    "{% set b = [{'a': 1}] | selectattr('a') %}",
    "{% set b = .H | replace('hhhhhhhhg', 'g') %}",
    "{% set b = .Q | join(',') %}",
    "{% set b = .L | tojson %}",
    "{% set b = .towers | tojson %}",
    "{% set b = .L ~ '' %}",
    "{% set b = .L + .L %}",
    "{% set b = [.deep] %}",
    "{% set b = .zz | default(1) %}",
    "{% set b = 1.5 | round(2) %}",
)


def taken(source: str) -> float:
    """Milliseconds of the processor for compiling and rendering it, the best of three."""
    best = float("inf")
    for _ in range(3):
        begun = time.thread_time()
        with contextlib.suppress(TemplateError):  # the budget is spent: that is what is measured
            compile_jinja(source).render(SCOPE)
        best = min(best, time.thread_time() - begun)
    return best * 1000


def main() -> None:
    """Print what takes longest."""
    found = [(taken(source), f"compile: {name}") for name, source in COMPILED.items()]
    for body in BODIES:
        loops = [
            f"{{% for a in range({rounds}) %}}{body}{{% endfor %}}"
            for rounds in (1, 10, 100, 300, 700, 1500, 2500, 4000, 6500, 9999)
        ]
        found.append((max(map(taken, loops)), body or "an empty loop"))
    for milliseconds, what in sorted(found, reverse=True):
        print(f"{milliseconds:6.1f} ms  {what}")


if __name__ == "__main__":
    main()
