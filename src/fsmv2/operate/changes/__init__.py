"""What a change of the document would do, as data, and how it is made.

change_plan          what would be done: to which worker, why, and what its config becomes.
plan_comparison      that, found out: a core as it is, beside the same core with the change.
worker_changes, variable_changes, topic_changes   what the two differ in.
document_settings    keys that are no worker: taken over while the tree runs, or only by a start.
field_changes        two values by field, without a secret.
apply_data           what is asked by an apply or a rollback, how far it has come, the answer.
"""
