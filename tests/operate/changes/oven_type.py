"""A worker type of a program, in a module that another process can import."""

from __future__ import annotations

from typing import Any

from fsmv2 import DesiredState, ObservedState, Snapshot, Step, UserSpec, Worker, state, stay


class OvenSpec(UserSpec):
    pass


class Oven(Worker[OvenSpec, ObservedState]):
    def derive_desired_state(self, spec: OvenSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("stopped")

    async def collect_observed_state(self, spec: OvenSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state(phase="stopped")
    def stopped(self, snapshot: Snapshot[OvenSpec, ObservedState]) -> Step:
        return stay("it is cold")
