"""One file a language: its words for signs, money, measures and times."""
