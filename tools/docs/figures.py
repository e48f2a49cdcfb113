"""Pages of figures that are copied from results files: `performance-figures.md`, `accuracy.md`, and the JSON schema.

python -m tools.docs figures           writes them
tests/docs/test_figures.py             fails when one of them is older than its results file
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "docs/reference"
NOTE = "<!-- Written by `python -m tools.docs figures`; change the results files instead. -->\n"
LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")

BENCH = "tools/bench/results"
# Heading, results file.
PERFORMANCE = [
    ("Start-up and short files", "startup"),
    ("Recordings of hours", "hours"),
    ("The two English models", "models"),
    ("Stages of an alignment", "end_to_end"),
    ("Ten hours with captions that do not match", "noisy_hours"),
    ("Exact best path, compared with other tools", "best_path"),
    ("Best path through the graph of a text", "search"),
    ("Prefix beam search, compared with other tools", "prefix_beam"),
    ("Many recordings, builtin:en", "corpus"),
    ("Many recordings, the default model", "corpus_robust"),
    ("Ray compared with local processes", "corpus_ray"),
    ("Precision of the network", "precision"),
    ("Review pages in a browser", "review"),
    ("Threads on a busy machine", "busy"),
    ("Idle threads", "waiting"),
    ("Installed size", "installed"),
    ("Align With Purpose", "awp"),
    ("Token scores of a CTC model", "preference"),
    ("A step of `ctcalign fit`", "training"),
]
# Heading, results file, its sections.
ACCURACY = [
    ("Recognition and alignment with `builtin:en-robust`", "egs/robust_en", ("Recognition", "Alignment")),
    ("Captions that do not match, compared with other aligners", "egs/noisy_captions", (
        "Verdict",
        "Both ends within 0.5 s, % of the spoken cues (tolerant)",
        "Errors of starts: median / P95 in ms (tolerant)",
    )),
    ("Noise, rooms, codecs and speeds", "egs/noisy_captions/RESULTS_sounds.md",
     ("Both ends within 0.5 s, % of the spoken cues (tolerant)",)),
    ("Other speakers", "egs/noisy_captions/RESULTS_joined.md",
     ("Verdict", "Both ends within 0.5 s, % of the spoken cues (tolerant)")),
    ("`align --adapt`", "egs/noisy_captions/RESULTS_adapted.md", ("By sound, mean % of spoken cues within",)),
    ("`ctcalign adapt`: digits", "egs/digits/adapt",
     ("Error rates on recordings that were not used for selection, mean ± standard deviation over seeds",)),
    ("`ctcalign adapt`: one reader", "egs/reader_b/adapt",
     ("Error rates on recordings that were not used for selection, mean ± standard deviation over seeds",)),
    ("New symbols: German", "egs/read_de/vocabulary", ("Updates until an error rate is reached",)),
    ("Objectives on streaming models", "egs/mini_en/objectives",
     ("The models that the methods start from", "Latency: all points", "Word errors",
      "What the compared texts could improve", "Power")),
    ("Guided decoding: digits in noise", "egs/mini_en/objectives/RESULTS_guided.md", ("Digits in noise",)),
    ("Preference losses: sums", "egs/toy_text/preference", ("What test shows",)),
]  # fmt: skip
# Experiments with too few errors, or too many, to show what an objective changes.
APPENDIX = [
    ("Latency and word errors: digits", "egs/digits/awp", ("What test shows",)),
    ("Latency and word errors: digits, longer training", "egs/digits/awp/RESULTS_latency.md", ("What test shows",)),
    ("Latency and word errors: read speech", "egs/read_en/awp", ("What test shows",)),
    ("Preference losses: digits in noise", "egs/digits/preference", ("What test shows",)),
    ("Preference losses: read speech", "egs/read_en/preference", ("What test shows",)),
]  # fmt: skip


def performance() -> str:
    """The page of all benchmarks, each with its machine and commit."""
    parts = [
        "# Performance figures\n",
        NOTE,
        "Every table of `tools/bench/results/`, as the benchmarks wrote it. [Performance](../performance.md)\n"
        "explains them; `make bench` runs short versions.\n",
    ]
    for title, name in PERFORMANCE:
        file = f"{BENCH}/{name}.md"
        text = re.sub(r"\A# .*\n+", "", _read(file))
        parts += [f"## {title}\n", _moved(_deeper(text), file), f"[Results file]({_link(file)}).\n"]
    return "\n".join(parts)


def accuracy() -> str:
    """The page of results of the experiments: the sections named in `ACCURACY`, and in `APPENDIX`."""
    parts = [
        "# Accuracy figures\n",
        NOTE,
        "The main tables of the experiments in `egs/`, as they were written. Each results file also says which data,\n"
        "machine, commit and command it was made with, and what was not reached.\n",
    ]
    parts += _experiments(ACCURACY, "##")
    parts.append(
        "## Appendix: earlier experiments\n\n"
        "They cannot show what an objective changes: a run on digits makes a hundred word errors, of which ten are\n"
        "chance, and the recogniser of read speech gets nine of ten words wrong.\n"
    )
    parts += _experiments(APPENDIX, "###")
    return "\n".join(parts)


def _experiments(experiments: list[tuple[str, str, tuple[str, ...]]], heading: str) -> list[str]:
    """The sections of results files, each below a heading."""
    parts = []
    for title, place, sections in experiments:
        file = place if place.endswith(".md") else f"{place}/RESULTS.md"
        parts.append(f"{heading} {title}\n")
        for name in sections:
            text = _moved(section(_read(file), name), file)
            parts += [f"{heading}# {name}\n" if len(sections) > 1 else f"{name}:\n", text]
        parts.append(f"[All results]({_link(file)}), with data and command.\n")
    return parts


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level, with the headings in it one level deeper.

    Raises:
        ValueError: there is no such heading.
    """
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        if title == heading:
            return _deeper(body)
    raise ValueError(f"no heading '## {heading}'")


def _deeper(text: str) -> str:
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.MULTILINE).strip("\n") + "\n"


def _read(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def _link(file: str) -> str:
    return os.path.relpath(file, FOLDER)


def _moved(text: str, file: str) -> str:
    """A text of one file in a page of this folder: its links lead to the same files."""
    here = os.path.dirname(file)
    return LINK.sub(lambda match: match[1] + _link(os.path.join(here, match[2])) + match[3], text)


def schema() -> str:
    """The page of the JSON schema of alignments: a table for each kind of object."""
    document = json.loads(_read("ctcalign/formats/alignment.schema.json"))
    objects = [("The document", document), *((f"A {name}", part) for name, part in document["$defs"].items())]
    parts = [
        "# JSON schema of alignments\n",
        NOTE,
        f"{document['description']} [Formats](../formats.md) has an example. The schema itself (JSON Schema 2020-12):\n"
        f"[alignment.schema.json]({_link('ctcalign/formats/alignment.schema.json')}).\n",
        "Keys that are not listed here may appear in later versions; readers should ignore them.\n",
    ]
    for title, part in objects:
        if part.get("type") == "object":
            parts += [f"## {title}\n", _properties(part, document["$defs"])]
    return "\n".join(parts)


def _properties(part: dict[str, Any], shared: dict[str, Any], prefix: str = "") -> str:
    head = "| key | type | required | meaning |\n|---|---|---|---|\n"
    return head + "".join(_rows(part, shared, prefix))


def _rows(part: dict[str, Any], shared: dict[str, Any], prefix: str) -> list[str]:
    rows = []
    for name, value in part["properties"].items():
        named = value.get("$ref", "").rpartition("/")[2]
        full = {**shared.get(named, {}), **value}
        required = "yes" if name in part.get("required", ()) else ""
        meaning = full.get("description", "") + _limits(full)
        rows.append(f"| `{prefix}{name}` | {_type(full, named, shared)} | {required} | {meaning.strip()} |\n")
        items = full.get("items", {})
        if "properties" in full and not named:
            rows += _rows(full, shared, f"{prefix}{name}.")
        elif "properties" in items:
            rows += _rows(items, shared, f"{prefix}{name}[].")
    return rows


def _type(value: dict[str, Any], named: str, shared: dict[str, Any]) -> str:
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    if value.get("type") == "array":
        item = value["items"].get("$ref", "").rpartition("/")[2] or value["items"].get("type", "object")
        return f"array of [{item}](#a-{item})" if shared.get(item, {}).get("type") == "object" else f"array of {item}"
    if named and value.get("type") == "object":
        return f"[{named}](#a-{named})"
    kinds = value.get("type", "any")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _limits(value: dict[str, Any]) -> str:
    found = [f"at least {value['minimum']}"] if "minimum" in value else []
    found += [f"above {value['exclusiveMinimum']}"] if "exclusiveMinimum" in value else []
    found += [f"at most {value['maximum']}"] if "maximum" in value else []
    return f" ({', '.join(found)})" if found else ""


PAGES = {
    f"{FOLDER}/performance-figures.md": performance,
    f"{FOLDER}/accuracy.md": accuracy,
    f"{FOLDER}/schema.md": schema,
}


def write() -> list[str]:
    """Write the pages, and return the paths of those that changed."""
    changed = []
    for name, page in PAGES.items():
        file, text = Path(ROOT / name), page()
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed
