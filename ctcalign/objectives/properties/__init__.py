"""Properties: functions that improve a path in a desired way and keep its length.

    @register_property("my_property")
    def my_property(path, context): ...

`path` holds the labels of the valid frames of one path, a read-only 1-D int64 array. The result is a new path of the
same length, or None if there is nothing to improve.

A built-in property is a file of this folder and a line below.
"""

from __future__ import annotations

from ctcalign.objectives.properties.improving import improve as improve
from ctcalign.objectives.properties.interface import BatchProperty as BatchProperty
from ctcalign.objectives.properties.interface import Property as Property
from ctcalign.objectives.properties.interface import PropertyContext as PropertyContext
from ctcalign.objectives.properties.interface import build_property as build_property
from ctcalign.objectives.properties.interface import draw_frames as draw_frames
from ctcalign.objectives.properties.interface import draw_numbers as draw_numbers
from ctcalign.objectives.properties.interface import property_names as property_names
from ctcalign.objectives.properties.interface import register_property as register_property
from ctcalign.objectives.properties.joint import Joint as Joint
from ctcalign.objectives.properties.latency import LowLatency as LowLatency
from ctcalign.objectives.properties.latency import removable as removable
from ctcalign.objectives.properties.latency import remove_frames as remove_frames
from ctcalign.objectives.properties.wer import MinimumCER as MinimumCER
from ctcalign.objectives.properties.wer import MinimumWER as MinimumWER
