"""A search for inputs that break ctcalign: `python -m tools.fuzz`, or `make fuzz`; see docs/robustness.md."""
