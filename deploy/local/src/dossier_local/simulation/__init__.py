"""Citizens and officers as clients of the public HTTP APIs: a planned week (demo) or an office's own register (replay)."""
