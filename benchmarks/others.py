"""placeholder"""

from __future__ import annotations

from typing import Any

from benchmarks.options import Options


def run(options: Options) -> dict[str, Any]:
    """x"""
    return {}
