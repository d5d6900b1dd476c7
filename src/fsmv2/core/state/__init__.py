"""What the core knows. Nothing in here decides anything.

tree         all supervisors, who is dirty, timers; mark, report, emit, conditions
supervisor   everything known about one path          parts   the small records in it
stop_kind    the kinds of stop, and what follows from each: one table
store_state  what is known of the store               fan_out what is left to do for many
backoff, pace, timers: time and chance are handed in, so that `why` can foretell them
"""
