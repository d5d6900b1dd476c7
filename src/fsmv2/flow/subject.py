"""Subjects of the Unified Namespace, subjects of commands, and the MQTT topics they are."""

from __future__ import annotations

PREFIX = "umh.v1"
"""What was measured."""
COMMANDS = "cmd.v1"
"""What is to be written; outside the namespace, so that no stream keeps a command."""
WRITE = "_write"
"""The contract of commands; with it, the commands of one location are none of one below it."""
REPLY = "reply"
"""The last part of the subject on which those are answered who gave no subject of their own."""


def subject_of(location_path: str, contract: str, virtual_path: str, tag: str) -> str:
    """`umh.v1.<location_path>.<contract>[.<virtual_path>].<tag>`; its parts must be clean names."""
    return ".".join(filter(None, (PREFIX, location_path, contract, virtual_path, tag)))


def command_subject(location_path: str) -> str:
    """`cmd.v1.<location_path>._write`: what stands before the tags of a write flow."""
    return ".".join(filter(None, (COMMANDS, location_path, WRITE)))


def executor_subject(subject: str) -> str:
    """Where who executes the commands below `subject` says so when asked.

    No tag can have this name, and to whoever receives the commands it looks like an answer.
    """
    return f"{subject}._executor.{REPLY}"


def topic_of(subject: str) -> str:
    """The MQTT topic of a subject: slashes for dots."""
    return subject.replace(".", "/")


def subject_from(topic: str) -> str:
    """The subject of an MQTT topic."""
    return topic.replace("/", ".")
