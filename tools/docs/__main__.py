"""Work on the documentation.

  python -m tools.docs figures              write the pages of figures from the results files, and that of the schema
  python -m tools.docs tutorials [NAME...]  run tutorials, and write their outputs and pictures into the pages
  python -m tools.docs check SITE           links of a built site, and that it loads nothing from the web

`make docs` builds the site.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    what, *names = sys.argv[1:] or [""]
    if what == "figures" and not names:
        from tools.docs import figures

        print("\n".join(figures.write()) or "nothing has changed")
    elif what == "tutorials":
        from tools.docs import tutorials

        for page in tutorials.pages():
            if not names or Path(page).stem in names:
                with tempfile.TemporaryDirectory() as folder:
                    tutorials.write(page, Path(folder))
                print(page)
    elif what == "check" and len(names) == 1:
        from tools.docs import links

        site = Path(names[0])
        if found := links.broken(site) + links.foreign(site):
            sys.exit("links that lead nowhere, or to files on the web:\n" + "\n".join(found))
        print(f"{site}/index.html: {len(list(site.rglob('*.html')))} pages")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
