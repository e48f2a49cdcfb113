"""The documentation as web pages: the pages of the repository, the help of the commands, and the docstrings."""
