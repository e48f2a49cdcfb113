"""The nouns of an alignment: `Alignment`, its captions and words, `Cue`, and the JSON document. Nothing here computes."""
