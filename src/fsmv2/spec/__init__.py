"""What should be, as data: specs, variables, templates, locations. Pure, without clock or I/O.

Map of the room:

    bundle, inheritance     the variables of a worker, and who wins among them
    specs, child, desired   UserSpec, ObservedState, ChildSpec, DesiredState
    backoff                 how long one child waits before it is tried again
    group, order            siblings restarted together, and one after another
    decode, serialise       from and to plain data, JSON and YAML
    template*               render_template: fast road, Jinja road, leading dot, limits
    location, names         ISA-95 levels, the naming rule of the namespace
    vault                   secrets: tokens, and the values behind them
    frozen, plain, bounded  what the data types are made of
    document                the YAML file a person writes
"""

from fsmv2.spec.backoff import AS_ELSEWHERE, Backoff
from fsmv2.spec.bundle import RESERVED_KEYS, VariableBundle
from fsmv2.spec.child import RESTARTS, ChildSpec, Restart, check_child_name
from fsmv2.spec.decode import decode_spec
from fsmv2.spec.desired import DesiredState
from fsmv2.spec.group import STRATEGIES, Group
from fsmv2.spec.inheritance import (
    ENGINE_KEYS,
    check_declared_user,
    inherit_variables,
    utc_text,
    with_engine_keys,
)
from fsmv2.spec.location import (
    LEVELS,
    LocationConflict,
    compute_location_path,
    location_variables,
    merge_locations,
    normalise_location,
)
from fsmv2.spec.names import (
    UNKNOWN,
    check_name_part,
    check_name_path,
    clean_name_part,
    has_first_level,
)
from fsmv2.spec.order import check_order, siblings_before
from fsmv2.spec.serialise import (
    child_from_dict,
    desired_from_dict,
    desired_from_json,
    desired_from_yaml,
    to_data,
    to_json,
    to_yaml,
)
from fsmv2.spec.specs import ObservedState, UserSpec, Volatile, same_observation, stable_fields
from fsmv2.spec.template import RenderCache, Template, render_template, template_references
from fsmv2.spec.vault import Vault

__all__ = [
    "AS_ELSEWHERE",
    "ENGINE_KEYS",
    "LEVELS",
    "RESERVED_KEYS",
    "RESTARTS",
    "STRATEGIES",
    "UNKNOWN",
    "Backoff",
    "ChildSpec",
    "DesiredState",
    "Group",
    "LocationConflict",
    "ObservedState",
    "RenderCache",
    "Restart",
    "Template",
    "UserSpec",
    "VariableBundle",
    "Vault",
    "Volatile",
    "check_child_name",
    "check_declared_user",
    "check_name_part",
    "check_name_path",
    "check_order",
    "child_from_dict",
    "clean_name_part",
    "compute_location_path",
    "decode_spec",
    "desired_from_dict",
    "desired_from_json",
    "desired_from_yaml",
    "has_first_level",
    "inherit_variables",
    "location_variables",
    "merge_locations",
    "normalise_location",
    "render_template",
    "same_observation",
    "siblings_before",
    "stable_fields",
    "template_references",
    "to_data",
    "to_json",
    "to_yaml",
    "utc_text",
    "with_engine_keys",
]
