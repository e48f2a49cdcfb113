"""Search: occurrences of phrases in a recording with calibrated confidences, and the fit of these confidences."""
