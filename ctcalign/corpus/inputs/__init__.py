"""Collections of recordings with captions, each kind read by a file."""
