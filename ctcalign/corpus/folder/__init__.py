"""The output folder: names, records of what was done, the manifest and the report."""
