"""What a worker does with one recording, whichever engine it belongs to."""
