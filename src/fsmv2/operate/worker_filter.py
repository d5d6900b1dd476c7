"""Which workers are meant: by path or pattern, state, phase, type, and whether they are in trouble.

Applied by the process of the tree, so that of ten thousand only those asked for are sent.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Names = Annotated[str, msgspec.Meta(max_length=1000)]


class WorkerFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which workers. Of `state`, `phase` and `type` several are divided by commas; empty: any.

    `path`: it and all below; as a pattern, such as `edge/press*` or `**/connection`, what matches
    and all below. `trouble`: only those that need a look.
    """

    path: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    state: Names = ""
    phase: Names = ""
    type: Names = ""
    trouble: bool = False
