"""Write a model that `ctcalign fit` exported as a built-in one: float16, and a header with what a user needs.

python -m egs.robust_en.local.export exp/full/model.safetensors --spike-delay 0.04 \\
    --out ctcalign/models/builtin/en-robust/model.safetensors

`egs.robust_en.local.graph` writes the graphs of the new weights.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from ctcalign.files import atomic_write
from ctcalign.models.encoders.recogniser import build_network, load_weights
from ctcalign.models.stored import read_weights
from recipes.errors import one_line

# Fields of the header of a run that are kept; its options name files of the machine.
_KEPT = (
    "format architecture config symbols blank separator unknown word_pieces frame_shift sample_rate look_ahead language"
).split()


def write_model(
    model: Path, out: Path, spike_delay: float, sharpness: float, unsure: float | None, recipe: str
) -> None:
    """Write a model that `ctcalign fit` exported, in float16.

    Args:
        sharpness: factor on the logits. Few epochs leave the output soft: the best symbol is right more often than its
            probability says, and the prices of the aligner, in nats, are those of a sharper one.
        unsure: uncertainty in nats above which a recording counts as poorly recognised; None: that of other models.
    Raises:
        ModelError: it is not a model of ctcalign.   OutputError: the file cannot be written.
    """
    from safetensors.torch import save

    header, weights = read_weights(model, str(model))
    load_weights(build_network(header, weights, str(model)), weights, str(model))  # they fit each other
    kept = {name: header[name] for name in _KEPT if name in header}
    kept |= {"spike_delay": spike_delay, "licence": "MIT", "recipe": recipe}
    kept |= {} if unsure is None else {"unsure": unsure}
    out.parent.mkdir(parents=True, exist_ok=True)
    weights |= {name: sharpness * weights[name] for name in ("head.weight", "head.bias")}
    halves = {name: value.to(torch.float16).contiguous() for name, value in weights.items()}
    with atomic_write(out, "wb") as file:
        file.write(save(halves, metadata={"ctcalign": json.dumps(kept)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument(
        "--spike-delay", type=float, default=0.0, help="delay of the spikes after the sounds, in seconds"
    )
    parser.add_argument("--sharpness", type=float, default=1.0, help="factor on the logits, > 0")
    parser.add_argument(
        "--unsure", type=float, help="uncertainty above which a recording counts as poorly recognised, in nats"
    )
    parser.add_argument("--recipe", default="egs/robust_en/run.sh")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write_model(args.model, args.out, args.spike_delay, args.sharpness, args.unsure, args.recipe)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    one_line(main)
