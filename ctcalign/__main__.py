"""`python -m ctcalign` is the `ctcalign` program."""

from ctcalign.cli import main

if __name__ == "__main__":
    main()
