"""The review of a corpus: a page for each recording of an output folder of `align-corpus`, and an index of them."""
