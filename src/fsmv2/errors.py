"""Every exception fsmv2 raises; each can be had as a `Diagnostic`.

One root, `FsmError`; each branch also subclasses the builtin a Python programmer would reach for.
Every error has a stable code (`FSM0203`), a message with what is wrong and what was expected, and,
where one is known, the nearest match and the fix.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from fsmv2.containment import ANY_RAISED
from fsmv2.diagnostic import Diagnostic as Diagnostic  # public here, too: what errors carry
from fsmv2.diagnostic import Mark as Mark
from fsmv2.diagnostic import Related as Related

SHOWN_OF_GROUP = 3
"""Exceptions of a group that are named with it."""


def error_text(error: BaseException) -> str:
    """What an exception of anybody's code says, as one line; also when its own text raises."""
    try:
        text = str(error)
        if isinstance(error, BaseExceptionGroup):
            text = f"{text}: {'; '.join(map(error_text, error.exceptions[:SHOWN_OF_GROUP]))}"
    except ANY_RAISED:  # an author's __str__ must not hide the error it describes
        text = "(its text cannot be shown)"
    if isinstance(error, FsmError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def system_text(error: OSError) -> str:
    """What the system says of a failed call, for the middle of a sentence: `permission denied`."""
    return error.strerror.lower() if error.strerror else error_text(error)


class FsmError(Exception):
    """Root of all errors of fsmv2; catch it to catch them all.

    `code` is stable, and `fsmv2 explain CODE` says more of it. `message` says what is wrong and
    what was expected; `fix` is the next step; `path` is the worker it is about, if there is one.
    """

    code: ClassVar[str] = "FSM0001"

    def __init__(self, message: str, *, path: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.fix = fix

    def diagnostic(self) -> Diagnostic:
        """The same error as data, for whatever prints or serves it."""
        return Diagnostic(code=self.code, message=self.message, path=self.path, fix=self.fix)

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} {self.fix}" if self.fix else text


class SpecError(FsmError, ValueError):
    """A spec does not fit its type: unknown, missing or wrong field. Fix the field named."""

    code = "FSM0100"

    def __init__(
        self, message: str, *, path: str = "", fix: str = "", problems: Iterable[str] = ()
    ) -> None:
        """`problems`: each by itself, when the message holds several."""
        super().__init__(message, path=path, fix=fix)
        self.problems = tuple(problems) or (message,)


class Misfit(NamedTuple):
    """One value that does not fit: the path below its config, `registers[3].name`, what is wrong,
    the next step as a full sentence, and the code.
    """

    path: str
    message: str
    fix: str = ""
    code: str = "FSM0126"


class UnfitError(SpecError):
    """Values of a config do not fit each other, or what they are for. Correct each that is named.

    `places` has each problem.
    """

    code = "FSM0126"

    def __init__(self, path: str, places: Iterable[tuple[str, str] | Misfit]) -> None:
        self.places = tuple(Misfit(*place) for place in places)
        problems = [place.message for place in self.places]
        super().__init__("; ".join(problems), path=path, problems=problems)


class DocumentError(SpecError):
    """A document cannot be used. `diagnostics` holds every problem found, in file order."""

    code = "FSM0101"

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(d.render() for d in self.diagnostics))


class DurationError(SpecError):
    """A text is not a duration such as 500ms, 1s or 2m. Write a number and a unit."""

    code = "FSM0124"

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message


class VariableError(FsmError, KeyError):
    """A variable bundle is not usable: a reserved key, a key that is not text. Rename the key."""

    code = "FSM0200"
    __str__ = FsmError.__str__  # KeyError's would show the repr of the message


class SecretError(FsmError, LookupError):
    """A secret is missing, or was changed on its way. Set its source; use it without filters."""

    code = "FSM0136"
    __str__ = FsmError.__str__


class TemplateError(FsmError, ValueError):
    """A template does not parse, or breaks a limit of the sandbox. See line and column."""

    code = "FSM0210"

    def __init__(
        self, message: str, *, path: str = "", fix: str = "", line: int = 1, column: int = 1
    ) -> None:
        super().__init__(message, path=path, fix=fix)
        self.line = line
        self.column = column


class UndefinedVariableError(TemplateError):
    """A template names a variable that its scope does not have. Define it, or correct the name."""

    code = "FSM0211"

    def __init__(
        self,
        message: str,
        *,
        variable: str,
        path: str = "",
        fix: str = "",
        line: int = 1,
        column: int = 1,
    ) -> None:
        super().__init__(message, path=path, fix=fix, line=line, column=column)
        self.variable = variable


class LocationError(FsmError, ValueError):
    """A location level or name breaks the naming rule. Use the cleaned value that is proposed."""

    code = "FSM0300"


class DefinitionError(FsmError, TypeError):
    """A worker class defines no valid FSM; raised when the class is made. Correct the class."""

    code = "FSM0400"


class RegistrationError(FsmError, ValueError):
    """A worker type cannot be registered: empty or taken name, no FSM. Pick another name."""

    code = "FSM0410"


class UnknownWorkerTypeError(FsmError, LookupError):
    """A child spec names a worker type that is not registered. Register it, or correct the name."""

    code = "FSM0411"


class ReconcileError(FsmError, ValueError):
    """A list of children is refused: duplicate names, circular nesting, too deep, a cycle."""

    code = "FSM0500"


class PermanentError(FsmError, RuntimeError):
    """Raised by an action that retrying cannot help. The result goes to the FSM at once."""

    code = "FSM0600"


class TemporaryError(FsmError, RuntimeError):
    """Raised by an action that may succeed on a retry, with a reason for the operator."""

    code = "FSM0601"


class FlowError(FsmError, RuntimeError):
    """A data flow's input or output cannot be used; the message says which and why."""

    code = "FSM0700"


class StoreError(FsmError, OSError):
    """The store cannot be read or written; the tree runs on from memory."""

    code = "FSM0800"
    __str__ = FsmError.__str__


class GenerationConflictError(StoreError):
    """Another generation of the document is running now than the one a change was based on."""

    code = "FSM0802"


class UnknownGenerationError(StoreError):
    """This generation of the document is not kept; the message says which are."""

    code = "FSM0803"


class StoreLostError(StoreError):
    """The store's file is not the one that was opened: deleted or replaced. All is rewritten."""

    code = "FSM0801"


class JournalError(FsmError, ValueError):
    """A journal cannot be replayed: damaged, of another version, or its types were not given."""

    code = "FSM0810"


class BackupError(FsmError, OSError):
    """A backup cannot be written or restored: the file is no backup, say, or is damaged."""

    code = "FSM0820"


class QuestionError(FsmError, LookupError):
    """A question about a tree or a document cannot be answered; the message says why."""

    code = "FSM0900"


class UnknownPathError(QuestionError):
    """No worker has this path. The fix names the nearest one."""

    code = "FSM0901"


class UnknownFilterError(QuestionError):
    """No worker type, state or phase has the name that is looked for. The fix names the nearest."""

    code = "FSM0907"


class RequestRefusedError(FsmError, RuntimeError):
    """What an operator asked for cannot be done now. Nothing has changed."""

    code = "FSM0910"


class TreeStoppingError(RequestRefusedError):
    """The tree is starting or stopping and takes no requests now. Try again when it runs."""

    code = "FSM0912"


class ChangedSinceError(RequestRefusedError):
    """A path has changed since it was read. Nothing was done; read it again, then ask again."""

    code = "FSM0913"


class PlannerError(FsmError, RuntimeError):
    """No plan could be made: its process was ended, or took too long. The tree is as it was."""

    code = "FSM0914"


class PastReaderError(FsmError, RuntimeError):
    """How a tree was cannot be answered now: the process that reads its journal was ended, or took
    too long. The tree is as it was."""

    code = "FSM0915"


class ApiUnavailableError(FsmError, OSError):
    """The API of a tree cannot be reached, or cannot be served; the message says why."""

    code = "FSM0911"
    __str__ = FsmError.__str__


class ListenError(FsmError, OSError):
    """An address cannot be listened on; the message says why, and who has the port."""

    code = "FSM0920"
    __str__ = FsmError.__str__


class UnknownVariableError(QuestionError):
    """The worker has no such variable. The fix names the nearest one."""

    code = "FSM0902"


class UnknownTargetError(QuestionError):
    """The document has no such target of notifications. The fix names the nearest one."""

    code = "FSM0906"


class NotRunningError(QuestionError):
    """The document is not running; its last run ended in order. Its journal has what happened."""

    code = "FSM0903"


class NotRecordedError(QuestionError):
    """The tree runs, and its journal has nothing of it: no room, no journal, or not yet."""

    code = "FSM0904"


class NoJournalError(QuestionError):
    """Nothing is known of any run: the state directory has no journal. Start the tree."""

    code = "FSM0905"
