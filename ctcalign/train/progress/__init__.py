"""Progress of a training: loggers, speed, and learning curves."""
