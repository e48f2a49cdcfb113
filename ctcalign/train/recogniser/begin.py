"""Before the first step: report letters that the model lacks, and estimate the rows of new symbols."""

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
# Smallest fraction of transcripts with a letter for a warning, since every corpus has single foreign words.
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
