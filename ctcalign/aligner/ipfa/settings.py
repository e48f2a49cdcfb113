"""All parameters of the method, and the two presets."""

from __future__ import annotations

from dataclasses import dataclass

from ctcalign.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Settings of iterative pseudo-forced alignment. Scores in nats per frame, times in seconds.

    The first group is of the published method. The preset `default` corrects it: it tests all utterances and not only
    the last, skips text that is not spoken wherever it is, resumes after it lost its place, and reports for every text
    either times or a reason; see `ctcalign.aligner.ipfa.mended`.

    Attributes:
        threshold: published score that an utterance needs to become an anchor.
        nice: score that ends the search for a better one.
        short_text: characters below which an utterance is short; 2 * threshold is then added to its score.
        most_words: words of a chunk of text.
        longest_window: seconds at which texts are redistributed over the remaining speech.
        lost_window: seconds at which the published method gives up; the corrected one does not.
        least_proportion: relative duration of the text (see `proportion`) below which more text is added first.
        high_proportion: relative duration above which text is dropped near a pause.
        near_pause: seconds; only pauses that begin further away than this count.
        most_errors: consecutive texts longer than their audio at which the published method gives up.
        length: frames of the windows whose smallest mean is the published score.
        last_window: include the last of these windows.
        table_window: frames of the segmentation table, see `SegmentationRules`; None: all.
        long_pause: seconds without speech that split the speech.
    """

    threshold: float = -2.0
    nice: float = -1.0
    short_text: int = 30
    most_words: int = 24
    longest_window: float = 70.0
    lost_window: float = 500.0
    least_proportion: float = 0.8
    high_proportion: float = 10.0
    near_pause: float = 5.0
    most_errors: int = 10
    length: int = 30
    last_window: bool = True
    table_window: int | None = None
    long_pause: float = 30.0

    faithful: bool = False
    balanced_chunks: bool = True
    upper_case: bool = False
    start_at_zero: bool = False  # the first text begins at 0 s instead of at the first speech
    misplaced_pauses: bool = False  # see `references.spread`
    rounded: bool = False  # round times to 2 and scores to 4 decimals
    restored_penalty: float | None = None  # added to scores of short texts at the end; None: the penalty itself

    # The corrected method only. An utterance of n labels, searched in a window s seconds longer than it, needs a total
    # of good_label * n + chance * log(1 + 2 s) nats.
    good_label: float = -4.0  # nats per label of a text with many wrong words; text that is not spoken has -4.8
    sure_label: float = -2.9  # nats per label of a text from which the search may continue
    chance: float = 5.5  # nats: in a longer window the best match by chance is better
    skip_cost: float = 3.0  # nats for each text skipped between two that are placed
    most_skip_cost: float = 60.0  # nats for all of them together, at most
    first_window: float = 30.0  # seconds; doubled up to search_window until an utterance is certain
    search_window: float = 120.0  # seconds of the window that searches for a lost place
    search_texts: int = 60  # next utterances tried there, doubled while the place is lost
    most_search_texts: int = 2000

    def __post_init__(self) -> None:
        for name in ("threshold", "nice", "good_label", "sure_label"):
            if not getattr(self, name) <= 0:
                raise UsageError(f"{name}: expected nats per frame, at most 0, got {getattr(self, name)}")
        for name in ("most_words", "most_errors", "length", "search_texts"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: expected 1 or more, got {getattr(self, name)}")
        for name in ("longest_window", "lost_window", "first_window", "search_window"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name}: expected seconds above 0, got {getattr(self, name)}")

    @property
    def penalty(self) -> float:
        """Added to the score of a short text."""
        return 2 * self.threshold


FAITHFUL = Settings(
    last_window=False,
    table_window=8000,
    faithful=True,
    balanced_chunks=False,
    upper_case=True,
    start_at_zero=True,
    misplaced_pauses=True,
    rounded=True,
    restored_penalty=4.0,
)
DEFAULT = Settings(most_words=16)
PRESETS = {"faithful": FAITHFUL, "default": DEFAULT}
