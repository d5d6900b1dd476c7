"""How a tree was, asked of the tree that runs: its journal is read by a process of its own.

past_question    what can be asked, and the answer: the same as without `at`.
past_process     the program that answers one question.
past_reader      starts it, bounds it, and hands on what it answers.
"""
