"""A file or folder per chat runtime: each turns its events into ours and our answers into its, and decides nothing.

Every one is an extra of its own: importing a runtime whose library is missing raises one line that names the extra.
"""
