"""From a recording and a model to an emission, in windows and bounded memory; greedy decoding; voice activity."""
