"""A file or folder per runtime: each turns its event into a `Message`, a `Reply` into its answer, and decides nothing.

Every one but `agents`, which imports no library, is an extra of its own: importing a runtime whose library is missing
raises one line that names the extra.
"""
