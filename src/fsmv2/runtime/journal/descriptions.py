"""Events and instructions described in words: for comparing, and for people.

The words of an instruction are the same whenever the same was decided, in any process: no address
of an object stands in them, and of long data a checksum.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any, assert_never

import msgspec

from fsmv2.core import (
    AcknowledgeRequested,
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    CancelAction,
    Collect,
    Declared,
    DeleteStored,
    Event,
    ForceRequested,
    Instruction,
    LeaveRequested,
    LogLevelEndRequested,
    LogLevelRequested,
    LoopBlocked,
    LoopFreed,
    NotificationsFailing,
    Observed,
    PauseRequested,
    Release,
    Released,
    Report,
    RestartCollection,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    RunAction,
    Save,
    Saved,
    SaveFailed,
    SaveObserved,
    SaveOverrides,
    SecretsUnread,
    SetVariableRequested,
    SignalRequested,
    SignalSent,
    SilenceRequested,
    SlowCode,
    StartPathRequested,
    StateDirectoryLost,
    StopPathRequested,
    StopRequested,
    Uncontained,
    UnsetVariableRequested,
    UnsilenceRequested,
    Update,
    Watch,
)
from fsmv2.runtime.journal.checksums import checksum

LONGEST = 500
"""Characters of a text that are kept as they are; of the rest a checksum."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def decided(instruction: Instruction) -> tuple[str, str]:
    """The path an instruction is for, and what it is."""
    describe = _FREQUENT.get(type(instruction))
    text = _rarely_decided(instruction) if describe is None else describe(instruction)
    return instruction.path, text


def _stored_observed(of: SaveObserved) -> str:
    return f"store incarnation {of.incarnation}: state {of.state}, observed {checksum(of.observed)}"


def _stored(of: Save) -> str:
    # The desired state first: it holds the children that are then stored as declared.
    desired = checksum(of.desired)
    declared = checksum(of.declared)
    return f"store (#{of.generation}) {declared}: desired state {of.desired.state}, {desired}"


def _watched(of: Watch) -> str:
    given = f"spec {checksum(of.spec)}, config {checksum(of.config)}"
    return f"watch incarnation {of.incarnation}, {given}"


def _updated(of: Update) -> str:
    soon = ", and look soon" if of.changed else ""
    return f"use spec {checksum(of.spec)}, config {checksum(of.config)}{soon}"


def _reported(of: Report) -> str:
    return f"{of.kind}: {_short(of.text)}"


_FREQUENT: dict[type, Callable[[Any], str]] = {
    SaveObserved: _stored_observed,
    Save: _stored,
    Watch: _watched,
    Update: _updated,
    Report: _reported,
}
"""By class, as there are forty thousand of these in a second, and a `match` asks for one class
after the other."""


def _rarely_decided(instruction: Instruction) -> str:
    match instruction:
        case RunAction(_, _, number, action, args, urgent, _, _, repair):
            given = f" with {_short(repr(args))}" if args else ""
            lane = ", urgent" if urgent else ", a repair" if repair else ""
            return f"run {action.name} (#{number}){given}{lane}"
        case CancelAction(_, _, number):
            return f"cancel action #{number}"
        case Collect():
            return "collect"
        case RestartCollection():
            return "restart the collection"
        case Release(_, incarnation, forced):
            return f"release incarnation {incarnation}{', forced' * forced}"
        case SaveOverrides(_, number, overrides):
            return f"store (#{number}) its overrides: {_short(overrides) or 'none'}"
        case DeleteStored():
            return "delete it from the store"
        case SaveObserved() | Save() | Watch() | Update() | Report():
            return _FREQUENT[type(instruction)](instruction)
        case _:
            assert_never(instruction)


def happened(event: Event) -> str:
    """What an event says."""
    match event:
        case Declared(root, _, who):
            return f"{root.name} declared by {who}"
        case Observed(_, _, _, observed, error):
            return f"observed: {error or _fields(observed)}"
        case ActionEnded(_, _, number, outcome, error, _, result):
            more = f": {error}" if error else "" if result is None else f": {_short(repr(result))}"
            return f"action #{number} {outcome.value}{more}"
        case ActionRefused(_, _, number):
            return f"action #{number} refused: the queue was full"
        case ActionQueued(_, _, number, waits):
            return f"action #{number} {'waits for a slot' if waits else 'has got its slot'}"
        case ActionOverdue(_, _, number, text):
            return f"action #{number} {text}"
        case ActionUnstuck(_, _, number):
            return f"action #{number}, given up before, has ended"
        case Released(_, incarnation):
            return f"incarnation {incarnation} released"
        case Saved(generations, overrides):
            more = f", {len(overrides)} overrides" if overrides else ""
            return f"stored: {len(generations)} desired states{more}"
        case SaveFailed(reason):
            return f"could not be stored: {reason}"
        case StateDirectoryLost(reason):
            return f"the state directory: {reason or 'it is there again'}"
        case NotificationsFailing(problems):
            return f"notifications fail: {'; '.join(problems) or 'none'}"
        case SecretsUnread(problems):
            return f"secrets that cannot be read: {' '.join(problems) or 'none'}"
        case StopRequested(who):
            return f"stop requested by {who}"
        case LeaveRequested(who, reason):
            return f"fsmv2 is to end and leave what runs, requested by {who}" + (
                f": {reason}" if reason else ""
            )
        case ForceRequested(who):
            return f"forced by {who}"
        case StopPathRequested(_, who, reason):
            return f"stop of this path requested by {who}" + (f": {reason}" if reason else "")
        case StartPathRequested(_, who, reason):
            return f"start requested by {who}" + (f": {reason}" if reason else "")
        case SetVariableRequested(_, name, _, who, reason):
            return f"{name} to be set, requested by {who}" + (f": {reason}" if reason else "")
        case UnsetVariableRequested(_, name, who, reason):
            why = f": {reason}" if reason else ""
            return f"{name} to be as declared again, requested by {who}{why}"
        case SilenceRequested(_, who, reason):
            return f"silence requested by {who}" + (f": {reason}" if reason else "")
        case UnsilenceRequested(_, who, reason):
            return f"notifications again, requested by {who}" + (f": {reason}" if reason else "")
        case LogLevelRequested(_, level, who, reason):
            why = f": {reason}" if reason else ""
            return f"log level {level} requested by {who}{why}"
        case LogLevelEndRequested(_, who, reason):
            why = f": {reason}" if reason else ""
            return f"log level of the document, requested by {who}{why}"
        case RestartRequested(_, who, reason):
            return f"restart requested by {who}" + (f": {reason}" if reason else "")
        case RetryRequested(_, who, reason):
            return f"next try asked for now by {who}" + (f": {reason}" if reason else "")
        case PauseRequested(_, who, reason):
            return f"pause requested by {who}{': ' * bool(reason)}{reason}"
        case ResumeRequested(_, who, reason):
            return f"resume requested by {who}" + (f": {reason}" if reason else "")
        case AcknowledgeRequested(_, who, note):
            return f"taken over by {who}{': ' * bool(note)}{note}"
        case SignalRequested(_, name, who, reason):
            return f"signal {name} requested by {who}" + (f": {reason}" if reason else "")
        case SignalSent(_, name, pid, error):
            return f"signal {name} " + (f"not sent: {error}" if error else f"sent to pid {pid}")
        case LoopBlocked(_, what, where, seconds):
            return f"the work loop is blocked for {seconds:.1f} s by {what}, at {where}"
        case LoopFreed(seconds):
            return f"the work loop runs again after {seconds:.1f} s"
        case SlowCode(_, what, where, seconds):
            return f"supervision was blocked for {seconds:.2f} s by {what}, at {where}"
        case Uncontained(text):
            return text


def path_of(event: Event) -> str:
    """The path an event is about; of the whole tree: empty."""
    if isinstance(event, Declared):
        return event.root.name
    return getattr(event, "path", "")


def _fields(observed: Any) -> str:
    if not isinstance(observed, msgspec.Struct):
        return _short(repr(observed))
    shown = ", ".join(f"{n}={getattr(observed, n)!r}" for n in observed.__struct_fields__)
    return _short(shown or type(observed).__name__)


def _short(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    if "0x" in text:
        text = _ADDRESS.sub("0x…", text)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({zlib.crc32(text.encode()):08x})"
