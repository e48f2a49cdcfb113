"""CTC models of transformers: loaded from the hub, a folder or a checkpoint of training."""
