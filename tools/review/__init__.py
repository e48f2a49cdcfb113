"""What tests and measurements of the review page have in common: a browser, long recordings, frame times."""
