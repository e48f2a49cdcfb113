"""ctcalign: alignments of CTC speech recognisers."""
