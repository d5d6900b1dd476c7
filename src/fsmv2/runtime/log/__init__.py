"""What happens, as lines of a log: one static event name each, with fields whose types are known.

core_log:        what the core says becomes entries, with the clock that the core has not.
other_events:    events that are not the core's: of authors, processes, libraries, the program.
event_table:     every event there is, by name: the schema, and the reference page.
entry:           one line as data, and as JSON.
log_levels:      from which level on, by path.
repeats:         an error that repeats is written once, and counted.
open_circuits:   circuits that stay open are said again.
pipeline:        these in a row.
recent_lines:    the last ones in memory, for whoever asks.
log_writer:      the thread that does all that and hands the lines out.
"""

from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.log_writer import LogWriter

__all__ = ["LogEntry", "LogLevels", "LogWriter", "json_line"]
