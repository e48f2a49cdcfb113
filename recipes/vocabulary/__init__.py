"""New symbols of a trained model: how many updates its rows save, compared with random rows."""
