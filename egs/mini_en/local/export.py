"""Write the averaged weights of a training run as a checkpoint that ctcalign loads.

python -m egs.mini_en.local.export --checkpoint exp/model/last.pt \\
    --out ctcalign/models/builtin/en/model.safetensors --spike-delay 0.03

`egs.mini_en.local.graph` writes the graph of the new weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ctcalign.models.builtin.checkpoint import save_checkpoint
from egs.mini_en.local.data import SYMBOLS
from egs.mini_en.local.evaluate import load_network
from recipes.errors import one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--spike-delay", type=float, default=0.0, help="delay of the spikes after the sounds, in seconds"
    )
    args = parser.parse_args()
    state = torch.load(args.checkpoint, weights_only=True)
    network = load_network(args.checkpoint)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    header = {
        "symbols": list(SYMBOLS),
        "blank": 0,
        "separator": 1,
        "frame_shift": 0.02,
        "sample_rate": 16000,
        "normalisation": "mean of 2 s on either side",
        "spike_delay": args.spike_delay,
        "language": "en",
        "licence": "Apache-2.0",
        "recipe": "egs/mini_en/run.sh",
        "audio_hours": round(state["hours"], 1),
        "steps": state["steps"],
    }
    save_checkpoint(args.out, network, header)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, {state['hours']:.0f} h of speech")


if __name__ == "__main__":
    one_line(main)
