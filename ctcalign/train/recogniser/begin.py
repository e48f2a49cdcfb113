"""What is done before the first step: letters that the model lacks are told, and rows of new symbols are estimated."""

from __future__ import annotations

import torch

from ctcalign.train.data.cuts import fewest_shards
from ctcalign.train.data.letters import lacking, letters_of, texts_of, warning_of
from ctcalign.train.data.module import CutsDataModule
from ctcalign.train.notices import warn
from ctcalign.train.recogniser.first_alignment import learn_rows
from ctcalign.train.recogniser.module import CTCModule

# Cuts whose transcripts are searched for letters that the model lacks.
_SEARCHED = 2000
# Fraction of the transcripts in which a letter is worth a warning: single foreign words are in every corpus.
_RARE = 0.01


def begin(
    module: CTCModule, data: CutsDataModule, device: torch.device | str = "cpu", processes: int = 1, first: bool = True
) -> None:
    """Prepare a training that starts from the beginning; every process calls it.

    Args:
        device: for the network.
        processes: number of them.  first: whether this is the first, which searches the letters of its own shards.
    """
    if data.train is None:
        return
    if first:
        streams = 1 if fewest_shards(data.train) is None else data.streams or processes
        texts = list(texts_of(data.train, data.trust, _SEARCHED, (0, streams)))
        missing = lacking(module.vocabulary, letters_of(texts, module.transcripts.language))
        if missing and missing[0][1] > _RARE * len(texts):
            warn(warning_of(missing, len(texts), module.model.name))
    for line in learn_rows(module, data.train, data.trust, device):
        warn(line)
