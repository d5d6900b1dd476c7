"""What a change of the document would do, as data, and how it is made.

change_plan          what would be done: to which worker, why, and what its config becomes.
"""
