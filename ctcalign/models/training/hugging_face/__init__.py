"""CTC models of transformers in training."""
