"""Subjects of the Unified Namespace, and the MQTT topics they are at the gateway."""

from __future__ import annotations

PREFIX = "umh.v1"


def subject_of(location_path: str, contract: str, virtual_path: str, tag: str) -> str:
    """`umh.v1.<location_path>.<contract>[.<virtual_path>].<tag>`; its parts must be clean names."""
    return ".".join(filter(None, (PREFIX, location_path, contract, virtual_path, tag)))


def topic_of(subject: str) -> str:
    """The MQTT topic of a subject: slashes for dots."""
    return subject.replace(".", "/")


def subject_from(topic: str) -> str:
    """The subject of an MQTT topic."""
    return topic.replace("/", ".")
