"""Programs for developers, run by their path from the root of the repository. Tests import them as `tools.NAME`."""
