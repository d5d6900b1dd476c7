"""The screen on which a tree is watched: by `run` and `demo` their own, by `top` one elsewhere.

`screen_content` is what there is to show, `screen_state` what a person has chosen to see of it and
what each key changes there. From both, `screen_body` picks the rows and `screen_lines` makes the
lines of a screen of some size: functions, which know no terminal. `terminal_screen` writes the
lines that changed, `key_reader` reads keys, and `screen_loop` puts them together.
"""
