"""Files: outputs written whole or not at all, several of them together; JSON and JSON lines read."""

from ctcalign.files.atomic import atomic_directory as atomic_directory
from ctcalign.files.atomic import atomic_write as atomic_write
from ctcalign.files.json_text import finite as finite
from ctcalign.files.json_text import json_lines as json_lines
from ctcalign.files.json_text import parse_json as parse_json
from ctcalign.files.json_text import read_json_lines as read_json_lines
from ctcalign.files.leftovers import temporary_folder as temporary_folder
from ctcalign.files.text_size import max_text_size as max_text_size
from ctcalign.files.together import together as together
