"""Which tests should find a fault in a source file."""

from __future__ import annotations

from pathlib import Path

# Files whose tests have another name than theirs. All others: tests/<same path>/test_<name>.py and test_<name>_*.py,
# and without such a file all tests of the same folder, or those of the folder above that are named after the folder.
OTHERS: dict[str, tuple[str, ...]] = {
    "ctcalign/edits.py": ("tests/test_edits.py",),
    "ctcalign/text/readings/languages/en_": ("tests/text/test_readings_english.py",),
    "ctcalign/preference/losses/": ("tests/preference/losses/test_options.py",),
    "ctcalign/preference/losses/dpo_variants.py": ("tests/preference/losses/test_dpo.py",),
    "ctcalign/objectives/interface.py": ("tests/objectives/test_builtin.py",),
    "ctcalign/objectives/edit_kernels.py": ("tests/objectives/properties/test_wer.py",),
    "ctcalign/objectives/properties/interface.py": ("tests/objectives/properties/test_improving.py",),
    "ctcalign/objectives/properties/joint.py": ("tests/objectives/properties/test_improving.py",),
    "ctcalign/ctc/viterbi/graph_path.py": ("tests/ctc/viterbi/test_best_path_inputs.py",),
    "ctcalign/ctc/viterbi/prices.py": ("tests/ctc/viterbi/test_depths.py", "tests/ctc/viterbi/test_epsilon.py"),
    "ctcalign/ctc/viterbi/sequence_path.py": (
        "tests/ctc/viterbi/test_best_path.py",
        "tests/ctc/viterbi/test_best_path_inputs.py",
    ),
    "ctcalign/preference/processes.py": ("tests/preference/test_reward_shift.py",),
}


def mirrored_tests(path: str, root: Path) -> list[str]:
    """Paths, relative to `root`, of the test files of `path` (`ctcalign/room/file.py`); an empty list if none."""
    file = Path(path)
    mirrored = Path("tests", *file.parts[1:])
    own = mirrored.with_name(f"test_{file.name}")
    found = [str(own)] if (root / own).exists() else []
    found += _names(root, mirrored.parent, f"test_{file.stem}_*.py")
    found += [test for begin, tests in OTHERS.items() if path.startswith(begin) for test in tests]
    folder = mirrored.parent
    while not found and folder != Path("."):
        if folder != Path("tests"):
            found = _names(root, folder, "test_*.py")
        if not found:
            found = _names(root, folder.parent, f"test_{folder.name}*.py")
        folder = folder.parent
    return list(dict.fromkeys(found))


def _names(root: Path, folder: Path, pattern: str) -> list[str]:
    return sorted(str(one.relative_to(root)) for one in (root / folder).glob(pattern))
