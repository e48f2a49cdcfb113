"""P(a cue or word is said as written, where it was placed): known corruptions, features, the fit and its use."""
