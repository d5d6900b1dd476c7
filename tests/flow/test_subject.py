"""Subjects, and the topics that they are."""

from __future__ import annotations

from fsmv2.flow.subject import subject_from, subject_of, topic_of


def test_subjects_are_topics_with_dots() -> None:
    subject = subject_of("acme.cologne", "_raw", "meter", "energy")
    assert subject == "umh.v1.acme.cologne._raw.meter.energy"
    assert subject_of("acme", "_raw", "", "speed") == "umh.v1.acme._raw.speed"
    assert topic_of(subject) == "umh/v1/acme/cologne/_raw/meter/energy"
    assert subject_from(topic_of(subject)) == subject
