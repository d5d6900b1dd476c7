"""Types of the fields of configs: what a document may write there, and in which unit."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fsmv2.model.decoder import Duration

Name = Annotated[str, msgspec.Meta(min_length=1)]
"""Text that is not empty."""
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
"""A TCP port."""
Seconds = Annotated[Duration, msgspec.Meta(gt=0)]
"""Seconds, more than none."""
Pause = Annotated[Duration, msgspec.Meta(ge=0)]
"""Seconds, or none."""
Interval = Annotated[Duration, msgspec.Meta(ge=0.01)]
"""Seconds, a hundredth at least."""
Band = Annotated[float, msgspec.Meta(ge=0)]
"""In units of the value, or in percent of it."""
