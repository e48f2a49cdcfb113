"""The training of a pass, and the measurement of its model."""
