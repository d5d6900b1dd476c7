"""What the data types of the model are made of: immutable, compact, and written out exactly.

frozen, plain_copy    immutable mappings, and copies that share nothing
codec, codec_reader   any typed data as plain data, and back
plain_decoder         plain data to a typed spec, with every problem found
text_map              every text inside a value, changed
bounded_cache         a cache of compiled templates
"""
