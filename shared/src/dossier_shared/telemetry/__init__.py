"""What a process says about itself: logs with masking, metrics, traces, signs of life.

Belongs in: plain values in, lines and numbers out. Never: types of the journal, requests, decisions."""
