"""`python -P start.py dossier_review`: as `python -m dossier_review`, once it is sure whose code that is."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from provenance import demand  # type: ignore[import-not-found]

if __name__ == "__main__":
    module = sys.argv.pop(1)
    print(f"{module} runs from {demand('dossier_shared', module.partition('.')[0])}", flush=True)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
