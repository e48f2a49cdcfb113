"""Tutorials: a page of Markdown each, which is a notebook too (jupytext), with the outputs of its cells in the page.

    ```bash
    ctcalign align talk.ogg talk.srt -o talk.json
    ```

    <!-- output -->
    ```text
    what the cell prints
    ```

    <!-- picture: talk.png -->
    ![the talk](images/first-talk.png)

Blocks of bash and Python are cells. A block of any language whose first line is `# NAME.yaml` or `# NAME.py` is written
to that file. `<!-- not run: REASON -->` above a block makes it text. A comment `<!-- output -->` below a cell asks for
its output, `<!-- output: numbers vary -->` for one in which numbers differ between machines. `<!-- picture: FILE -->`
names a file that the cells above have written, of which the page has a copy.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_output

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "docs/tutorials"
CELL = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]*) -->\n+)?"
    r"^```(?P<language>\w+)\n(?P<code>.*?)^```$"
    r"(?P<shown>\n+<!-- output(?:: (?P<how>[^>]*))? -->\n+```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
PICTURE = re.compile(r"^<!-- picture: (?P<file>\S+) -->\n(?P<link>!\[[^\]]*\]\((?P<copy>[^)]+)\))", re.MULTILINE)
FILE = re.compile(r"# ([\w.]+\.\w+)\b")
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?")
# The kernel asks programs for colours, which a page cannot show.
NO_COLOURS = "import os\n\nfor name in ('FORCE_COLOR', 'CLICOLOR_FORCE', 'CLICOLOR'):\n    os.environ.pop(name, None)"
SECONDS = 300  # limit of a cell
WIDTH = 110  # columns of the tables that commands print


@dataclass(frozen=True)
class Cell:
    """A cell of a page.

    Attributes:
        code: what the notebook runs.   line: number of its first line in the page, from 1.
        shown: whether the page has its output.   how: remark of the output, "" if there is none.
        output: what the page has.
    """

    code: str
    line: int
    shown: bool
    how: str
    output: str


def pages() -> list[str]:
    """Paths of the tutorials below the root."""
    return sorted(str(file.relative_to(ROOT)) for file in (ROOT / FOLDER).glob("*.md"))


def _is_cell(match: re.Match[str]) -> bool:
    return match["reason"] is None and (match["language"] in ("bash", "python") or bool(FILE.match(match["code"])))


def _source(match: re.Match[str]) -> str:
    if file := FILE.match(match["code"]):
        return f"%%writefile {file[1]}\n{match['code']}"
    return f"%%bash -e\n{match['code']}" if match["language"] == "bash" else match["code"]


def cells(text: str) -> list[Cell]:
    """The cells of a page, in order."""
    return [
        Cell(
            _source(match).rstrip("\n"),
            text.count("\n", 0, match.start("code")) + 1,
            match["shown"] is not None,
            match["how"] or "",
            match["output"] or "",
        )
        for match in CELL.finditer(text)
        if _is_cell(match)
    ]


def notebook(text: str, folder: Path | None = None) -> nbformat.NotebookNode:
    """A page as a notebook, with the outputs that the page has.

    Args:
        text: the page.   folder: where it is; its pictures are put into the notebook. None: they stay links.
    """

    def as_cell(match: re.Match[str]) -> str:
        if _is_cell(match):
            return f"```python\n{_source(match)}```"
        return match[0].replace(f"```{match['language']}", f"```{match['language']} .noeval", 1)

    plain = re.sub(r"^<!-- .*? -->\n", "", CELL.sub(as_cell, text), flags=re.MULTILINE | re.DOTALL)
    book = jupytext.reads(plain, fmt="md")
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell, wanted in zip(code, cells(text), strict=True):
        cell.source = wanted.code
        if wanted.output:
            cell.outputs = [new_output("stream", name="stdout", text=wanted.output)]
    for cell in book.cells:
        if cell.cell_type == "markdown" and folder is not None:
            _attach_pictures(cell, folder)
    return book


def _attach_pictures(cell: nbformat.NotebookNode, folder: Path) -> None:
    for link in re.findall(r"!\[[^\]]*\]\(([^):]+\.png)\)", cell.source):
        name = Path(link).name
        content = base64.b64encode((folder / link).read_bytes()).decode()
        cell.setdefault("attachments", {})[name] = {"image/png": content}
        cell.source = cell.source.replace(f"({link})", f"(attachment:{name})")


def run(text: str, folder: Path, programs: Path | None = None) -> list[str]:
    """Run a page as a notebook in a folder that looks like a clone, and return what each cell prints.

    Args:
        programs: a folder of programs that are found before all others.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    book = notebook(text)
    book.cells.insert(0, new_code_cell(NO_COLOURS))
    folders = [*([str(programs)] if programs else []), os.path.dirname(sys.executable), os.environ.get("PATH", "")]
    path = os.pathsep.join(folders)
    names = {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": str(WIDTH), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        client = NotebookClient(
            book, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return [_printed(cell) for cell in book.cells[1:] if cell.cell_type == "code"]


def _printed(cell: nbformat.NotebookNode) -> str:
    """Standard output and the value of the last line, without blanks at the ends of lines."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif output.output_type == "execute_result":
            parts.append(output.data.get("text/plain", "") + "\n")
    lines = "".join(parts).rstrip().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def differences(text: str, printed: list[str]) -> Iterator[str]:
    """Where the outputs of a page are not what its cells print, one message a cell."""
    for cell, output in zip(cells(text), printed, strict=True):
        if cell.shown and _compared(cell.output, cell.how) != _compared(output, cell.how):
            yield f"line {cell.line}: the page has\n{cell.output}but the cell prints\n{output}"


def _compared(output: str, how: str) -> str:
    if how == "numbers vary":
        output = re.sub(r"\b0 (s|min|h)\b", "0 s", NUMBER.sub("0", output))
        return " ".join(output.replace("─", "").replace("━", "").split())
    return output


def updated(text: str, printed: list[str]) -> str:
    """The page with new outputs."""
    remaining = iter(printed)

    def replaced(match: re.Match[str]) -> str:
        if not _is_cell(match):
            return match[0]
        output = next(remaining)
        if match["shown"] is None:
            return match[0]
        start = match.start("output") - match.start()
        return match[0][:start] + output + match[0][start + len(match["output"]) :]

    return CELL.sub(replaced, text)


def pictures(text: str) -> dict[str, str]:
    """Copies of pictures by the files that the cells write."""
    return {match["file"]: match["copy"] for match in PICTURE.finditer(text)}


def clone(folder: Path) -> None:
    """Make a folder look like a clone of the repository, by links."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".") and entry.name not in ("exp", "site", "demo"):
            (folder / entry.name).symlink_to(entry)


def write(page: str, folder: Path) -> None:
    """Run a tutorial in a new folder, and write its outputs and pictures into the page."""
    clone(folder)
    file = ROOT / page
    text = file.read_text(encoding="utf-8")
    file.write_text(updated(text, run(text, folder)), encoding="utf-8")
    for made, copy in pictures(text).items():
        (file.parent / copy).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / made, file.parent / copy)
