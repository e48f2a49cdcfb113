"""Language models of words, and their scores in a beam search."""
