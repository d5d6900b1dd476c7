"""What a change of the document would do, as data, and how it is made.

change_plan          what would be done: to which worker, why, and what its config becomes.
plan_comparison      that, found out: a core as it is, beside the same core with the change.
worker_changes, variable_changes, topic_changes   what the two differ in.
document_settings    keys that are no worker: taken over while the tree runs, or only by a start.
field_changes        two values by field, without a secret.
document_plan        the plan of a document, from who can make it.    offline_plan   with no tree.
saved_plan           a plan in a file, with its text; plan_difference: what differs from it by now.
document_choice      which document is applied to which tree.    kept_credentials: names for those
                     in a text that is edited.
apply_data           what is asked by an apply or a rollback, how far it has come, the answer.
running_document     what runs now: one value, which an apply replaces.
document_changes     applies and rollbacks of a running tree, from the plan to the commit.
change_commit        what a change makes of the store: generation, head, what is waited for.
document_reload      an apply that nobody has looked at.
document_following   what a newer file leads to.
apply_refusal        why one is refused, and nothing has moved.
generation_convergence, convergence_watch, touched_workers   whether those whom it touches have
                     become what they should be, and what is done if not.
convergence_reports  how far they have come, as lines of the log.
planner              what a document would change in the tree that runs, found out beside it.
planner_process      the program that does it; plan_making: how it does.
planner_messages, plant_transfer, type_references   what the two exchange.
"""
