"""Modules that are imported for what they import: by the process from which workers are forked."""
