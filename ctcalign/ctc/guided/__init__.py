"""Label-synchronous beam search of one recogniser, steered by others."""
