"""ONNX Runtime and the built-in models."""

from __future__ import annotations

import ctcalign.models.builtin.model  # noqa: F401
from ctcalign.models.onnx_session import runtime

runtime()
