"""The nouns of an alignment: `Alignment`, its captions and words, `Cue`, the JSON document. Nothing here computes."""
