"""The documentation: what MkDocs needs beside mkdocs.yml, pages from results files, tutorials, checks."""
