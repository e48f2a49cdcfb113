"""Every number of the method by name, and the two presets."""

from __future__ import annotations

from dataclasses import dataclass

from ctcalign.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Settings of iterative pseudo-forced alignment. Scores in nats a frame, times in seconds.

    The first group belongs to the published method. `default` mends it: it judges all utterances and not only the
    last, leaves out text that is not said wherever it stands, finds its place again, and gives every text a place or
    a reason; see `ctcalign.aligner.ipfa.mended`.

    Attributes:
        threshold: published score that an utterance needs to become an anchor.
        nice: score that ends the search for a better one.
        short_text: characters below which an utterance is short; 2 * threshold is then added to its score.
        most_words: words of a chunk of text.
        longest_window: seconds at which texts are spread anew over the speech that is left.
        lost_window: seconds at which the published method gives up; the mended one never does.
        least_proportion: chars a second of the text over those expected (see `proportion`), below which the window
            takes in more text first.
        high_proportion: above it, text is dropped where a pause is near.
        near_pause: seconds; a pause counts that begins further away than this.
        most_errors: texts longer than their audio, one after the other, at which the published method gives up.
        length: frames of the windows whose smallest mean is the published score.
        last_window: look at the last of these windows too.
        table_window: frames of the segmentation's table, see `SegmentationRules`; None: all.
        long_pause: seconds without speech that are kept out.
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
    start_at_zero: bool = False  # first text at 0 s and not at the first speech
    misplaced_pauses: bool = False  # the second and later pauses too early in the list of rows
    rounded: bool = False  # times to 2 and scores to 4 decimals on the way
    restored_penalty: float | None = None  # added to scores of short texts at the end; None: what was taken

    # The mended method alone. An utterance of n labels, looked for in s seconds more than it lasts, needs a total of
    # good_label * n + chance * log(1 + 2 s) nats.
    good_label: float = -4.0  # nats a label of a text that is said with many wrong words; one not said has -4.8
    sure_label: float = -2.9  # ... of one that may find the place again
    chance: float = 5.5  # nats: the more places there are, the better one of them matches by chance
    skip_cost: float = 3.0  # nats that each text costs that is left out between two that are said
    most_skip_cost: float = 60.0  # ... and all of them together at most
    first_window: float = 30.0  # seconds; doubled up to search_window until an utterance is sure
    search_window: float = 120.0  # seconds in which a lost place is searched at a time
    search_texts: int = 60  # next utterances tried there, doubled as long as the place is lost
    most_search_texts: int = 2000

    def __post_init__(self) -> None:
        for name in ("threshold", "nice", "good_label", "sure_label"):
            if not getattr(self, name) <= 0:
                raise UsageError(f"{name}: expected nats a frame, at most 0, got {getattr(self, name)}")
        for name in ("most_words", "most_errors", "length", "search_texts"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: expected 1 or more, got {getattr(self, name)}")
        for name in ("longest_window", "lost_window", "first_window", "search_window"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name}: expected seconds above 0, got {getattr(self, name)}")

    @property
    def penalty(self) -> float:
        """What is added to the score of a short text."""
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
