"""Values with places → typed values, every problem at once; a place is optional.

node, node_paths                 a value that knows where it stands, and places as text
decode, decoders                 from a type to its reader; the value, or what is wrong with it
struct_reader, containers,
  unions, scalars, one_of        a reader for each shape of type
template_fields, address_fields, and `fsmv2.duration`
                                 notes on the fields of structs
display, problem_order           values as messages show them; problems in order
json_schema                      from a type to its JSON Schema, for editors
"""

from fsmv2.duration import Duration, parse_duration
from fsmv2.model.decoder.address_fields import CollectorUrl, Host, HostAndPort, ListenAddress
from fsmv2.model.decoder.decode import ValidPart, decode, decode_valid_part
from fsmv2.model.decoder.node import Node, Origin
from fsmv2.model.decoder.node_paths import around, parse_path
from fsmv2.model.decoder.one_of import OneOf
from fsmv2.model.decoder.problem_order import MOST_SHOWN, in_order
from fsmv2.model.decoder.template_fields import AsWritten, Templated

__all__ = [
    "MOST_SHOWN",
    "AsWritten",
    "CollectorUrl",
    "Duration",
    "Host",
    "HostAndPort",
    "ListenAddress",
    "Node",
    "OneOf",
    "Origin",
    "Templated",
    "ValidPart",
    "around",
    "decode",
    "decode_valid_part",
    "in_order",
    "parse_duration",
    "parse_path",
]
