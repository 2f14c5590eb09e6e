"""A file or a folder per chat runtime: they turn its events into ours and our answers into its, and decide nothing."""
