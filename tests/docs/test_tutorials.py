"""Every tutorial runs as a notebook, and prints what its page says."""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT
from tests.warm_python import warm_python
from tools.docs import tutorials

PAGE = """# A title

```python
print("one", 2 + 1)
```

<!-- output -->
```text
one 3
```

<!-- not run: no such program -->
```bash
no-such-program
```

```bash
echo first; echo 12.5 seconds
```

<!-- output: numbers vary -->
```text
first
13 seconds
```

```yaml
# some.yaml
a: 1
```

Without output:

```bash
cat some.yaml
```
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", tutorials.pages())
def test_a_tutorial_prints_what_its_page_says(page, tmp_path):
    text = (ROOT / page).read_text(encoding="utf-8")
    tutorials.clone(tmp_path)
    printed = tutorials.run(text, tmp_path, warm_python())
    assert list(tutorials.differences(text, printed)) == []
    for made, copy in tutorials.pictures(text).items():
        assert (tmp_path / made).stat().st_size > 5000, made
        assert (ROOT / page).parent.joinpath(copy).is_file()


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    return tutorials.run(PAGE, tmp_path_factory.mktemp("clone"))


def test_cells_print(printed):
    assert printed == ["one 3\n", "first\n12.5 seconds\n", "Writing some.yaml\n", "# some.yaml\na: 1\n"]
    assert list(tutorials.differences(PAGE, printed)) == []


def test_an_output_that_changed_is_found(printed):
    for old, new in (("one 3", "one 4"), ("13 seconds", "13 minutes")):
        (found,) = tutorials.differences(PAGE.replace(old, new), printed)
        assert new in found
        assert tutorials.updated(PAGE.replace(old, new), printed) == PAGE.replace("13 s", "12.5 s")


def test_a_failing_command_is_an_error(tmp_path):
    with pytest.raises(Exception, match="false"):
        tutorials.run("# A\n\n```bash\nfalse\ntrue\n```\n", tmp_path)


def test_a_notebook_has_the_outputs_and_pictures_of_its_page(tmp_path):
    (tmp_path / "a.png").write_bytes(b"picture")
    book = tutorials.notebook(PAGE + "\n![a picture](a.png)\n", tmp_path)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.outputs[0].text if cell.outputs else None for cell in code] == [
        "one 3\n",
        "first\n13 seconds\n",
        None,
        None,
    ]
    assert code[2].source == "%%writefile some.yaml\n# some.yaml\na: 1"
    assert "no-such-program" in "".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert book.cells[-1].attachments == {"a.png": {"image/png": "cGljdHVyZQ=="}}
