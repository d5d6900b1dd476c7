"""The type a supervisor has while its own worker cannot be made: always stopped, does nothing."""

from __future__ import annotations

from fsmv2.model import DesiredState, ObservedState, UserSpec
from fsmv2.worker import (
    RegisteredType,
    Resources,
    Snapshot,
    Step,
    Worker,
    state,
    stay,
)


class NotCreated(Worker[UserSpec, ObservedState]):
    """Stands in the tree with the reason, so that nothing that was declared is invisible."""

    def derive_desired_state(
        self, spec: UserSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        """Stopped, whatever the spec says."""
        return DesiredState(state="stopped")

    async def collect_observed_state(
        self, spec: UserSpec, resources: Resources[None]
    ) -> ObservedState:
        """There is nothing to look at."""
        return ObservedState()

    @state("stopped")
    def stopped(self, s: Snapshot[UserSpec, ObservedState]) -> Step:
        """Not created."""
        return stay("its worker could not be created")


NOT_CREATED = RegisteredType(NotCreated.definition, NotCreated)
