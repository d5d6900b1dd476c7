"""The parts of a tick, in order: circuit, derive, reconcile, watch, step, publish."""
