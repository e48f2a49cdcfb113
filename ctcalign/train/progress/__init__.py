"""What a training tells about itself: loggers, speed, and learning curves."""
