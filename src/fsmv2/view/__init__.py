"""What is seen of a worker of a tree, as data alone: what decodes it need not load the core.

node_view: one worker.   phase: what its state means.   condition: what is unusual about it.
"""
