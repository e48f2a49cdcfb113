"""Log-mel features of the built-in models and of training: on NumPy arrays for inference, on tensors for training."""
