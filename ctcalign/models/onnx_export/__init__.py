"""Models of torch written as ONNX graphs with waveform input."""
