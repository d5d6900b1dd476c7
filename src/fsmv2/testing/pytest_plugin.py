"""`pytest --fsmv2-worker package.module:Type`: the checks of conformance as tests.

Loaded by pytest wherever fsmv2 is installed, so nothing is imported before the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fsmv2.testing.conformance import Conformance


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("fsmv2").addoption(
        "--fsmv2-worker",
        action="append",
        default=[],
        metavar="MODULE:TYPE",
        help="Check a worker type, or the Conformance or FsmBench of one; may be repeated.",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add a test for each check of each worker that was named."""
    names: list[str] = config.getoption("--fsmv2-worker")
    if not names:
        return
    from fsmv2.errors import FsmError
    from fsmv2.testing.conformance import Conformance, check_specs, conformance_of
    from fsmv2.testing.conformance_checks import checks
    from fsmv2.worker.object_reference import find_named, is_worker

    def wanted(found: Any) -> bool:
        return is_worker(found) or (isinstance(found, type) and issubclass(found, Conformance))

    for name in names:
        try:
            bench = conformance_of(find_named(name, wanted))
            check_specs(bench)
        except FsmError as error:
            raise pytest.UsageError(f"--fsmv2-worker {name}: {error}") from error
        items += [
            ConformanceItem.from_parent(
                session, name=check, nodeid=f"{name}::{check}", bench=bench, check=check
            )
            for check in checks()
        ]


class ConformanceItem(pytest.Item):
    """One check of one worker."""

    def __init__(self, *, bench: Conformance, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bench = bench
        self.check = check

    def runtest(self) -> None:
        """Run the check; skipped when it has nothing to try."""
        from fsmv2.testing.conformance import NotTriedError
        from fsmv2.testing.conformance_checks import checks

        try:
            checks()[self.check](self.bench)
        except NotTriedError as reason:
            pytest.skip(str(reason))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What is wrong, without the traceback of the check."""
        from fsmv2.errors import FsmError
        from fsmv2.testing.conformance import ConformanceError

        if isinstance(excinfo.value, ConformanceError | FsmError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it is, for pytest."""
        return self.path, None, self.nodeid
