"""Python of the experiments in `egs/`, one folder per experiment, run as modules: `python -m recipes.awp.run --help`.

`awp` trains recognisers by a plan and compares error rates and delays, `preference` does the same for preference
losses, `noisy` compares aligners on captions that do not match. The repository's root must be on the module path:
`tools/parse_options.sh`, which every run.sh sources, puts it there.
"""
