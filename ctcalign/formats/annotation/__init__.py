"""Files of annotation and scoring programs: Praat, ELAN, Audacity, NIST."""
