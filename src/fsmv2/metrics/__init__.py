"""What is counted and measured of a tree, as Prometheus reads it.

exposition           the text that a scrape is answered with.
catalogue            every metric, by area.     metric   what is said of one.
measured_source      what is read: counters that the core and the runtime keep anyway.
readings             the figures of one moment, by metric.
census               one pass over all workers: how many in which state, and who is in trouble.
*_metrics            one area: its metrics, and how they are read from the source.

Counters live where things happen. A scrape reads them from its own thread and holds up nobody.
"""
