"""The document of a plant: what it may say, what is wrong with it, and the tree it declares.

load                                 the way in: a document → the root of a tree, or every problem
broker_section, log_section          the broker that a document names, and what is logged
locations, start_order, processes,
  secret_variables                   rules over several keys, each problem at its own place
rendering, recovery                  what can be checked beside what is wrong
likely_mistakes, unused_variables    warnings
build                                sections → the spec of the root
"""

from fsmv2.plant.load import Plant, load_contents, load_document, load_plant, parse_plant
from fsmv2.plant.log_section import LogSection, log_levels

__all__ = [
    "LogSection",
    "Plant",
    "load_contents",
    "load_document",
    "load_plant",
    "log_levels",
    "parse_plant",
]
