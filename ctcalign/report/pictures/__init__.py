"""Pictures of alignments, errors and calibrations, by matplotlib."""
