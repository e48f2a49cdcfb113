"""From kept phrases and transcribed recordings to cuts of lhotse."""
