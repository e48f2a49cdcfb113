"""What is done before the first step: letters that the model lacks are told, and rows of new symbols are estimated."""

from __future__ import annotations

import torch

from ctcalign.train.data.letters import lacking, letters_of, texts_of, warning_of
from ctcalign.train.data.module import CutsDataModule
from ctcalign.train.notices import warn
from ctcalign.train.recogniser.first_alignment import learn_rows
from ctcalign.train.recogniser.module import CTCModule

# Cuts whose transcripts are searched for letters that the model lacks.
_SEARCHED = 2000
# Fraction of the transcripts in which a letter is worth a warning: single foreign words are in every corpus.
_RARE = 0.01


def begin(module: CTCModule, data: CutsDataModule, device: torch.device | str = "cpu") -> None:
    """Prepare a training that starts from the beginning; every process does the same.

    Args:
        device: for the network.
    """
    if data.train is None:
        return
    language = module.transcripts.language
    texts = list(texts_of(data.train, data.trust, _SEARCHED))
    missing = lacking(module.vocabulary, letters_of(texts, language))
    if missing and missing[0][1] > _RARE * len(texts):
        warn(warning_of(missing, len(texts), module.model.name))
    for line in learn_rows(module, data.train, data.trust, device):
        warn(line)
