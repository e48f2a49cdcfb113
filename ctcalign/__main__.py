"""`python -m ctcalign` is the `ctcalign` program."""

from __future__ import annotations

from ctcalign.cli import main

if __name__ == "__main__":
    main()
