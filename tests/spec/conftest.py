"""Every test here compiles its templates, makes its locations, and its sandbox, itself.

Otherwise what an earlier test has left in the caches is all that it tests; and with mutants, whose
tests run in forks of a process that has run them all before, it would be nothing.
"""

from __future__ import annotations

import pytest

import fsmv2.spec.frozen
import fsmv2.spec.location
import fsmv2.spec.template
import fsmv2.spec.template_jinja
from fsmv2.spec.bounded import BoundedCache
from fsmv2.spec.template_runtime import Sandbox


@pytest.fixture(autouse=True)
def empty_caches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No template is compiled yet, and no location shared."""
    monkeypatch.setattr(fsmv2.spec.template, "_compiled", BoundedCache(4096))
    monkeypatch.setattr(fsmv2.spec.location, "_shared", {})
    monkeypatch.setattr(fsmv2.spec.frozen, "_shared", {})
    # Not for the others, which would all be tried with each mutant of it.
    if request.module.__name__.startswith("test_template"):
        monkeypatch.setattr(fsmv2.spec.template_jinja, "_sandbox", Sandbox())
