"""fsmv2: declarative, hierarchical supervision.

The names a worker author needs; everything else stands in the rooms below this one:

errors   every exception, with its code.    diagnostic  a problem as data, and how it is shown.
name_suggestions  the known name that was meant.    escaping  text from outside, fit to be shown.
host     the machine under us: looking up names, the event loop.
duration, path_pattern   durations, and several paths at once, as people write them.
model    what is declared, as data: desired state, child specs, variables, templates, location.
document text with places → typed values, every problem at once.
worker   what authors implement: Worker, states, actions, checks, the factory.
store    what survives the process.
core     the pure machine: events in, instructions out.
runtime  the asynchronous shell around it.
flow     moving data: engine, inputs, outputs.
builtin  agent, broker, bridge, connection, data flow, process.
plant    the document of a plant: what it may say, and the tree it declares.
lint     mistakes in worker classes, read from their code.
operate  what a person may ask, decided once for every interface.
cli      the commands.
testing  the simulation, for authors and for ourselves.
view     what is seen of a worker, as data alone.    version  which fsmv2 this is.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.core import EngineSettings, ExponentialBackoff, Supervisor
    from fsmv2.diagnostic import Diagnostic
    from fsmv2.errors import (
        DefinitionError,
        DocumentError,
        FlowError,
        FsmError,
        JournalError,
        LocationError,
        PermanentError,
        ReconcileError,
        RegistrationError,
        SecretError,
        SpecError,
        StoreError,
        TemplateError,
        TemporaryError,
        UndefinedVariableError,
        UnknownWorkerTypeError,
        VariableError,
    )
    from fsmv2.escaping import printable
    from fsmv2.host.names import NameLookupError, resolve
    from fsmv2.model import (
        Backoff,
        ChildSpec,
        DesiredState,
        Group,
        ObservedState,
        UserSpec,
        VariableBundle,
        Vault,
        Volatile,
        compute_location_path,
        merge_locations,
        render_template,
    )
    from fsmv2.runtime import Runtime, blocking
    from fsmv2.version import __version__
    from fsmv2.worker import (
        ActionResult,
        CheckResult,
        CheckView,
        ChildStatus,
        Outcome,
        Phase,
        Resources,
        Snapshot,
        Step,
        Worker,
        WorkerFactory,
        act,
        action,
        check,
        fault,
        goto,
        healthy,
        state,
        stay,
        unknown,
    )
    from fsmv2.worker.monitor import Monitor

# Each room is imported when one of its names is first asked for, so that `fsmv2 --help` and
# programs that need a part only do not pay for the rest. tests/cli holds both lists equal.
_ROOMS = {
    "core": "EngineSettings ExponentialBackoff Supervisor",
    "diagnostic": "Diagnostic",
    "errors": (
        "DefinitionError DocumentError FlowError FsmError JournalError LocationError "
        "PermanentError ReconcileError RegistrationError SecretError SpecError StoreError "
        "TemplateError TemporaryError UndefinedVariableError UnknownWorkerTypeError "
        "VariableError"
    ),
    "escaping": "printable",
    "host.names": "NameLookupError resolve",
    "runtime": "Runtime blocking",
    "model": (
        "Backoff ChildSpec DesiredState Group ObservedState UserSpec VariableBundle Vault Volatile "
        "compute_location_path merge_locations render_template"
    ),
    "version": "__version__",
    "worker": (
        "ActionResult CheckResult CheckView ChildStatus Outcome Phase Resources "
        "Snapshot Step Worker WorkerFactory act action check fault goto healthy state "
        "stay unknown"
    ),
    "worker.monitor": "Monitor",
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "ActionResult",
    "Backoff",
    "CheckResult",
    "CheckView",
    "ChildSpec",
    "ChildStatus",
    "DefinitionError",
    "DesiredState",
    "Diagnostic",
    "DocumentError",
    "EngineSettings",
    "ExponentialBackoff",
    "FlowError",
    "FsmError",
    "Group",
    "JournalError",
    "LocationError",
    "Monitor",
    "NameLookupError",
    "ObservedState",
    "Outcome",
    "PermanentError",
    "Phase",
    "ReconcileError",
    "RegistrationError",
    "Resources",
    "Runtime",
    "SecretError",
    "Snapshot",
    "SpecError",
    "Step",
    "StoreError",
    "Supervisor",
    "TemplateError",
    "TemporaryError",
    "UndefinedVariableError",
    "UnknownWorkerTypeError",
    "UserSpec",
    "VariableBundle",
    "VariableError",
    "Vault",
    "Volatile",
    "Worker",
    "WorkerFactory",
    "__version__",
    "act",
    "action",
    "blocking",
    "check",
    "compute_location_path",
    "fault",
    "goto",
    "healthy",
    "merge_locations",
    "printable",
    "render_template",
    "resolve",
    "state",
    "stay",
    "unknown",
]

if not TYPE_CHECKING:  # a type checker that sees `__getattr__` would let every wrong name pass

    def __getattr__(name):
        """Import a public name at its first use (PEP 562)."""
        import importlib  # not at the top, where it would become a name of the package

        room = _ROOM_OF.get(name)
        if room is None:
            raise AttributeError(f"module 'fsmv2' has no attribute '{name}'")
        value = globals()[name] = getattr(importlib.import_module(f"fsmv2.{room}"), name)
        return value

    def __dir__():
        """The public names, imported or not."""
        return sorted({*globals(), *__all__})
