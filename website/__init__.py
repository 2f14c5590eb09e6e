"""The site that `make docs` builds: the pages of `docs/`, what the code says of itself, the features' last result."""
