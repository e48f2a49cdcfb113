"""From pairs of recordings and captions to the phrases that are kept for training."""
