"""Figures of templates and variables."""

from __future__ import annotations

from collections import Counter

from fsmv2.core.contract import buckets
from fsmv2.metrics.census import Census
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings
from fsmv2.model.template.render import COMPILED

TEMPLATES = (
    Metric(
        name="fsmv2_template_rendering_duration_seconds",
        kind="histogram",
        labels=("type",),
        meaning=(
            "Time to render one structure of templates in a derive, by the type of the worker; "
            "failed ones included. Where thousands derive at once, some are measured."
        ),
        alert="SlowTemplates",
        buckets=buckets.RENDERING,
    ),
    Metric(
        name="fsmv2_template_rendering_errors_total",
        kind="counter",
        labels=("type", "error_type"),
        meaning="Derives that ended with an error of a template, by the class of the error.",
        alert="TemplateErrors",
    ),
    Metric(
        name="fsmv2_template_failing",
        kind="gauge",
        labels=("type", "path"),
        meaning="1 for each worker whose last derive ended so; it goes on with what it had.",
        alert="TemplateErrors",
    ),
    Metric(
        name="fsmv2_templates_failing",
        kind="gauge",
        labels=("type",),
        meaning="Workers whose last derive ended so.",
        alert="TemplateErrors",
    ),
    Metric(
        name="fsmv2_template_cache_hits_total",
        kind="counter",
        meaning="Texts with templates that were found compiled; of the whole process.",
    ),
    Metric(
        name="fsmv2_template_cache_misses_total",
        kind="counter",
        meaning="Texts that had to be compiled; of the whole process.",
    ),
    Metric(
        name="fsmv2_variable_propagation_depth",
        kind="gauge",
        meaning="Levels that the last change of a variable went down from where it was made.",
    ),
    Metric(
        name="fsmv2_variable_merge_duration_seconds",
        kind="histogram",
        meaning="Time to overlay the variables of the parent by those of one worker.",
        buckets=buckets.MERGE,
    ),
    Metric(
        name="fsmv2_variable_propagation_errors_total",
        kind="counter",
        meaning="Workers whose variables or location could not be put together, at each try.",
    ),
)


def read_templates(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    counted = source.core.tallies
    to.put_all("fsmv2_template_rendering_errors_total", counted.template_errors)
    totals = Counter(dict.fromkeys(census.definitions, 0))
    for path, type_ in dict(counted.failing_templates).items():
        totals[type_] += 1
        to.put("fsmv2_template_failing", 1, type_, path)
    to.put_all("fsmv2_templates_failing", totals)
    to.put("fsmv2_template_cache_hits_total", COMPILED.lookups - COMPILED.misses)
    to.put("fsmv2_template_cache_misses_total", COMPILED.misses)
    to.put("fsmv2_variable_propagation_depth", counted.variable_levels)
    to.put("fsmv2_variable_propagation_errors_total", counted.variable_errors)
    took = source.durations
    if took is None:
        return
    for type_, histogram in dict(took.renderings).items():
        to.put("fsmv2_template_rendering_duration_seconds", histogram.read(), type_)
    to.put("fsmv2_variable_merge_duration_seconds", took.merges.read())
