"""Types of the fields of configs: what a document may write there, and in which unit."""

from __future__ import annotations

from typing import Annotated

import msgspec

from fsmv2.model.decoder import Duration

Name = Annotated[str, msgspec.Meta(min_length=1)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[Duration, msgspec.Meta(gt=0)]
Pause = Annotated[Duration, msgspec.Meta(ge=0)]
"""Seconds, or none."""
Interval = Annotated[Duration, msgspec.Meta(ge=0.01)]
Band = Annotated[float, msgspec.Meta(ge=0)]
"""In units of the value, or in percent of it."""
