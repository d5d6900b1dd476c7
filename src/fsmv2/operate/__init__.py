"""What a person may ask of a plant, decided once for every interface: command line, program, API.

tree_handle          the tree of a document, run: questions and requests.  tree_opening  opens it.
prepared_tree        the document read and its state directory held, before that.
validation, stored_validation   whether a document, or what a tree keeps, can be used.
document_expansion   what a document declares.
journal_replay, story   whether a run is decided the same again; what happened to a worker.
stopped_tree        that it was stopped, and when.
live_status, recorded_status   why a worker is as it is: asked of its tree, or of its journal.
recorded_past        a tree as it was at a moment of the past.   known_events, known_logs, log_line
                     what happened to a worker, and what it logged.   followed_log   as it comes.
worker_status        that answer, as data.    variable_origin   where a variable's value comes from.
request_types, request_effects, request_execution, verbs   what an operator may have done.
process_signal, signal_names   a signal to a process: whose, and which may be sent.
remote_tree          the same of a tree in another process.   running_trees   which there are.
silent_tree          why a tree does not answer.
path_version         on condition of what was read a request is made.   active_overrides   which.
path_patterns        several paths at once.   socket_place   where the API of a tree is.
known_generations    the generations of a document, of its tree or its store.
credential_masks     what looks like a credential in a text is not shown.
convergence          who should run and does not.    run_outcome   how a run ended.
tree_readiness, tree_health, health_data   whether all is as asked for; whether fsmv2 itself works.
state_directory      the directory and its lock.    document_directory   which one is a document's.
run_record, document_change, document_files   whether the document is still what runs.
document_watch   looks at its file while the tree runs.
past                 how a tree was, asked of the tree that runs.
changes              what a change of the document would do, and how it is made.
measured_tree        what is measured of it: for `metrics`.
worker_types         built-in types and those of the user.
code_pages           what each code means.    time_text   times for people.
systemd_unit         a document as a service.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.operate.document_expansion import DocumentExpansion, expand
    from fsmv2.operate.journal_replay import ReplayReport, replay
    from fsmv2.operate.prepared_tree import PreparedTree, prepare
    from fsmv2.operate.recorded_status import why
    from fsmv2.operate.remote_tree import RemoteTree
    from fsmv2.operate.story import Story, StoryLine
    from fsmv2.operate.tree_handle import TreeHandle
    from fsmv2.operate.tree_opening import open_tree
    from fsmv2.operate.validation import Validation, validate
    from fsmv2.operate.variable_origin import VariableOrigin, why_variable
    from fsmv2.operate.worker_status import WorkerStatus

# Each is imported when it is first asked for: `fsmv2 explain` needs no runtime.
_MODULES = {
    "document_expansion": "DocumentExpansion expand",
    "journal_replay": "ReplayReport replay",
    "prepared_tree": "PreparedTree prepare",
    "recorded_status": "why",
    "remote_tree": "RemoteTree",
    "story": "Story StoryLine",
    "tree_handle": "TreeHandle",
    "tree_opening": "open_tree",
    "validation": "Validation validate",
    "variable_origin": "VariableOrigin why_variable",
    "worker_status": "WorkerStatus",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "DocumentExpansion",
    "PreparedTree",
    "RemoteTree",
    "ReplayReport",
    "Story",
    "StoryLine",
    "TreeHandle",
    "Validation",
    "VariableOrigin",
    "WorkerStatus",
    "expand",
    "open_tree",
    "prepare",
    "replay",
    "validate",
    "why",
    "why_variable",
]

if not TYPE_CHECKING:  # a type checker that sees `__getattr__` would let every wrong name pass

    def __getattr__(name):
        """Import a public name at its first use (PEP 562)."""
        import importlib

        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'fsmv2.operate' has no attribute '{name}'")
        found = importlib.import_module(f"fsmv2.operate.{module}")
        value = globals()[name] = getattr(found, name)
        return value

    def __dir__():
        """The public names, imported or not."""
        return sorted({*globals(), *__all__})
