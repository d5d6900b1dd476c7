"""Every test here compiles its templates, makes its locations, and its sandbox, itself.

Otherwise what an earlier test has left in the caches is all that it tests; and with mutants, whose
tests run in forks of a process that has run them all before, it would be nothing.
"""

from __future__ import annotations

import pytest

import fsmv2.model.data.frozen
import fsmv2.model.location
import fsmv2.model.template.jinja_template
import fsmv2.model.template.render
from fsmv2.model.data.bounded_cache import BoundedCache
from fsmv2.model.template.environment import Sandbox


@pytest.fixture(autouse=True)
def empty_caches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No template is compiled yet, and no location shared."""
    monkeypatch.setattr(fsmv2.model.template.render, "_compiled", BoundedCache(4096))
    monkeypatch.setattr(fsmv2.model.location, "_shared", {})
    monkeypatch.setattr(fsmv2.model.data.frozen, "_shared", {})
    # Not for the others, which would all be tried with each mutant of it.
    if request.path.parent.name == "template":
        monkeypatch.setattr(fsmv2.model.template.jinja_template, "_sandbox", Sandbox())
