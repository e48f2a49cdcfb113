"""The methods that are compared, by name. Each takes a kept emission and captions and gives an `Alignment`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import noisy_peers
from noisy_emissions import Kept

from ctcalign.aligner.ipfa.method import align_emission_ipfa
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import Alignment
from ctcalign.emission.progress import ignored
from ctcalign.models.protocol import AcousticModel

Method = Callable[[Kept, Transcript, AcousticModel], Alignment]


def _global(kept: Kept, text: Transcript, model: AcousticModel, *, options: AlignOptions) -> Alignment:
    return align_emission(kept.emission, text, model, options)


def _ipfa(kept: Kept, text: Transcript, model: AcousticModel, *, options: AlignOptions) -> Alignment:
    return align_emission_ipfa(kept.emission, text, model, kept.speech, options, ignored)


def _peer(kept: Kept, text: Transcript, model: AcousticModel, *, peer: Callable[..., object]) -> Alignment:
    return noisy_peers.aligned_by(peer, kept.emission, text, model.name, model.spike_delay)  # type: ignore[arg-type]


METHODS: dict[str, Method] = {
    "global": partial(_global, options=AlignOptions()),
    "global --all-spoken": partial(_global, options=AlignOptions(skips=None)),
    "ipfa": partial(_ipfa, options=AlignOptions()),
    "ipfa --faithful": partial(_ipfa, options=AlignOptions(faithful=True)),
    "ctc-segmentation": partial(_peer, peer=noisy_peers.ctc_segmentation),
    "ctc-segmentation tokens": partial(_peer, peer=partial(noisy_peers.ctc_segmentation, tokens=True)),
    "torchaudio": partial(_peer, peer=noisy_peers.torchaudio),
    "torchaudio star": partial(_peer, peer=partial(noisy_peers.torchaudio, star=True)),
}
PEERS = ("ctc-segmentation", "ctc-segmentation tokens", "torchaudio", "torchaudio star")
NEEDS = dict.fromkeys(PEERS[:2], "ctc_segmentation")  # modules that not everybody has


def chosen(names: list[str]) -> list[str]:
    """The names as given, checked; all methods where none is named.

    Raises:
        SystemExit: an unknown method, or one whose package is not installed.
    """
    for name in names or METHODS:
        if name not in METHODS:
            raise SystemExit(f"--methods: got {name!r}, expected some of {', '.join(map(repr, METHODS))}")
        if name in NEEDS and find_spec(NEEDS[name]) is None:
            raise SystemExit(f"--methods: {name!r} needs a package; pip install ctc-segmentation, or name others")
    return list(names or METHODS)
