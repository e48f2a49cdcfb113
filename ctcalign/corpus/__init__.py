"""`align-corpus`: many recordings, with engines that spread them over processes or machines."""
