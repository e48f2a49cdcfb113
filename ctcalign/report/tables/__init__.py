"""Tables of results for the terminal, a file for each command."""
