"""Recipes: `egs/<corpus>/<task>/run.sh`. Python in `local/` is run by its full name: `egs.demo.local.check_talk`."""
