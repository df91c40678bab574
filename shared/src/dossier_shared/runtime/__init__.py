"""A service as one running process: its parts put together, its server, its name's lease, its directory.

Belongs in: starting, running, stopping. Never: routes and pages."""
