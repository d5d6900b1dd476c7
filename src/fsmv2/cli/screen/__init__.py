"""The screen on which a tree is watched: by `run` and `demo` their own, by `top` one elsewhere.

`screen_content` is what there is to show, `screen_state` what a person has chosen to see of it and
what each key changes there. From both, `screen_body` picks the rows and `screen_lines` makes the
lines of a screen of some size (of the rows with `entry_lines`, of what is below with
`screen_panels`): functions, which know no terminal. `terminal_screen` writes the lines that
changed, `key_reader` reads keys, and `screen_loop` puts them together.

Where the content is from: `live_source` of this process, `watched_source` of another. Who shows it:
`live_screen` for `run` and `demo`, `top_session` for `top`, `screen_picture` for a page.
"""
