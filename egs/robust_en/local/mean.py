"""Write the mean of the weights of models that were trained from each other (Wortsman et al. 2022, arXiv:2203.05482).

python -m egs.robust_en.local.mean exp/finish/model.safetensors exp/more/model.safetensors --out exp/mean.safetensors
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ctcalign.files import atomic_write
from ctcalign.models.stored import read_weights
from recipes.awp.soup import mean_weights
from recipes.errors import one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+", help="exported by ctcalign fit; the header is that of the last")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    from safetensors.torch import save

    found = [read_weights(path, str(path)) for path in args.models]
    header = {key: value for key, value in found[-1][0].items() if key != "metrics"}
    content = save(mean_weights([weights for _, weights in found]), metadata={"ctcalign": json.dumps(header)})
    with atomic_write(args.out, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    one_line(main)
