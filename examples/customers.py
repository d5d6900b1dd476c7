"""One tree for many sites of a customer: enterprise → sites → areas → meters.

What each level adds to the location is merged on the way down, variables are inherited and
overridden, fleet-wide ones reach every leaf::

    fsmv2 python examples/customers.py
"""

from __future__ import annotations

from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Worker,
    WorkerFactory,
    goto,
    render_template,
    state,
    stay,
)
from fsmv2.runtime import expand


class Part(Worker[UserSpec], abstract=True):
    """What all levels have in common: they run when they are asked to."""

    @state("stopped", to="running")
    def stopped(self, s: Snapshot[UserSpec]) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Snapshot[UserSpec]) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


def child(name: str, kind: str, level: str, **user: Any) -> ChildSpec:
    """A part that adds one level to the location, and its own variables."""
    spec = UserSpec(location={level: name}, variables=VariableBundle(user))
    return ChildSpec(name, kind, spec)


class Enterprise(Part):
    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        north = child("north", "site", "site", CURRENCY="EUR")
        south = child("south", "site", "site", CURRENCY="BRL", TARIFF="night")
        return DesiredState("running", (north, south))


class Site(Part):
    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        areas = ("milling", "painting", "packing")
        return DesiredState("running", tuple(child(a, "area", "area", AREA=a) for a in areas))


class Area(Part):
    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running", (child("meter", "meter", "line"),))


class Meter(Part):
    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        template = {
            "topic": "umh.v1.{{ .location_path }}.energy",
            "price": "{{ .TARIFF }} in {{ .CURRENCY }}",
            "report_to": "{{ .global.api }}",
            "known_as": "{{ .internal.id }}",
        }
        return DesiredState("running", config=render_template(template, spec.variables))


def customers() -> tuple[ChildSpec, WorkerFactory, dict[str, str]]:
    """The root of the tree, its types, and the fleet-wide variables."""
    factory = WorkerFactory()
    for kind in (Enterprise, Site, Area, Meter):
        factory.register(kind)
    root = child("acme", "enterprise", "enterprise", TARIFF="day")
    return root, factory, {"api": "https://example.com/energy"}


if __name__ == "__main__":
    root, factory, global_ = customers()
    for node in expand(root, factory, global_variables=global_):
        print("  " * node.depth + node.path.rpartition("/")[2], node.config or "")
