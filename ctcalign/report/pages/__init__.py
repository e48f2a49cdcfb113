"""Pages: HTML files that need no other file."""
