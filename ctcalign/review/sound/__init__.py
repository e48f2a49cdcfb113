"""What a page shows and plays of a recording, read once in blocks: waveform, spectrogram, embedded sound."""
