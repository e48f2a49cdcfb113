"""How far an alignment is from a reference: matching, errors of edges, skips, and whether confidences keep their word.

Nothing here knows files or models: `ctcalign.scoring.files` reads both sides.
"""
