"""Care of a state directory: keep a copy of it, put one back, and find out what is wrong with it.

backup_archive:   the file that a backup is: written whole or not at all, checked before it is used.
backup, restoration:  what goes into one, and how it becomes a state directory again.
examination:      every check of a state directory, in order, with what each of them found.
repair:           what can be put right without losing the original.
"""
