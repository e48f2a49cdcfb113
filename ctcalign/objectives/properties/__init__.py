"""Properties: functions that make a path better in a wanted way, of the same length.

    @register_property("my_property")
    def my_property(path, context): ...

`path` holds the labels of the valid frames of one path, a 1-D int64 array that must not be changed in place; the result
is a new path of the same length, or None when there is nothing to better.
"""

from __future__ import annotations

from ctcalign.objectives.properties.base import BatchProperty as BatchProperty
from ctcalign.objectives.properties.base import Property as Property
from ctcalign.objectives.properties.base import PropertyContext as PropertyContext
from ctcalign.objectives.properties.draws import draw_frames as draw_frames
from ctcalign.objectives.properties.draws import draw_numbers as draw_numbers
from ctcalign.objectives.properties.improving import improve as improve
from ctcalign.objectives.properties.joint import Joint as Joint
from ctcalign.objectives.properties.latency import LowLatency as LowLatency
from ctcalign.objectives.properties.latency import removable as removable
from ctcalign.objectives.properties.latency import remove_frames as remove_frames
from ctcalign.objectives.properties.naming import build_property as build_property
from ctcalign.objectives.properties.naming import property_names as property_names
from ctcalign.objectives.properties.naming import register_property as register_property
from ctcalign.objectives.properties.wer import MinimumCER as MinimumCER
from ctcalign.objectives.properties.wer import MinimumWER as MinimumWER
