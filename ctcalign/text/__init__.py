"""The text of captions: words, mark-up, readings of numbers and signs, scripts and languages, symbols of a model."""
