"""Places inside a document as text: `bridges[0].variables.PORT`, written and read back.

A key that would be mistaken for more than one step stands in quotes: `["a.b"]`.
"""

from __future__ import annotations

import functools
import json
import re

_PLAIN = re.compile(r"[^\s.\[\]\"'\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+\Z")
_STEP = re.compile(
    r"\.?(?P<plain>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[(?P<quoted>\"(?:[^\"\\]|\\.)*\")\]"
)


def join(path: str, key: str) -> str:
    """The path of a key below `path`."""
    step = _step(key)
    return f"{path}.{step}" if path and step[0] != "[" else path + step


def parse_path(path: str) -> tuple[str | int, ...]:
    """The keys and indices of a path; ValueError when it is not one."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"'{path}' is not a path of a document, such as bridges[0].name")
        if found["plain"] is not None:
            steps.append(found["plain"])
        else:
            steps.append(int(found["index"]) if found["index"] else json.loads(found["quoted"]))
        at = found.end()
    return tuple(steps)


def around(path: str) -> list[str]:
    """The path, and those of all that it lies in, the nearest first; not the empty one."""
    return [path[: step.end()] for step in _STEP.finditer(path)][::-1]


@functools.lru_cache(maxsize=4096)
def _step(key: str) -> str:
    return key if _PLAIN.match(key) else f"[{json.dumps(key)}]"
