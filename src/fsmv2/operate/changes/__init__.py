"""What a change of the document would do, as data, and how it is made.

change_plan          what would be done: to which worker, why, and what its config becomes.
apply_data           what is asked by an apply or a rollback, how far it has come, the answer.
"""
