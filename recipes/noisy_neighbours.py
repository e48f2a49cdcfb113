"""Which captions stand beside something that has no partner: a caption that nobody says, or speech without a caption.

They are where a wrong search does harm: it gives the neighbour's sound to a caption that is not said, or stretches a
caption over speech that is not its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ctcalign.scoring.items import TimedItem

COVERED = 0.5  # share of an utterance from which on captions cover it


def uncaptioned(utterances: Sequence[TimedItem], captions: Sequence[TimedItem]) -> list[tuple[float, float]]:
    """The utterances, as (start, end) in seconds, that no spoken caption covers."""
    places = [caption.place for caption in captions if caption.place is not None]
    found = []
    for utterance in utterances:
        if utterance.place is None:
            continue
        start, end = utterance.place
        covered = sum(max(0.0, min(end, b) - max(start, a)) for a, b in places)
        if covered < COVERED * (end - start):
            found.append((start, end))
    return found


def neighbours(utterances: Sequence[TimedItem], captions: Sequence[TimedItem]) -> list[bool]:
    """For each caption of a key, in file order, whether it is spoken and next to something without a partner.

    Args:
        utterances: all that is said in the recording.   captions: the key.
    """
    spoken = [number for number, caption in enumerate(captions) if caption.place is not None]
    marked = set()
    for number, caption in enumerate(captions):
        if caption.place is None:
            marked |= set([n for n in spoken if n < number][-1:] + [n for n in spoken if n > number][:1])
    starts = {n: place[0] for n in spoken if (place := captions[n].place) is not None}
    for start, end in uncaptioned(utterances, captions):
        middle = (start + end) / 2
        marked |= set(sorted((n for n in spoken if starts[n] < middle), key=starts.__getitem__)[-1:])
        marked |= set(sorted((n for n in spoken if starts[n] >= middle), key=starts.__getitem__)[:1])
    return [number in marked for number in range(len(captions))]
