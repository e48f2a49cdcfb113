"""The steps of a pass, each a stage in the folder of the pass."""
