"""How results are shown: tables (`tables/`) and pictures (`pictures/`)."""
