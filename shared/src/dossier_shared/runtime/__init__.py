"""A service as one running process: its parts put together, its server, the lease on its name, the directory.

Belongs in: starting, running, stopping. Never: routes and pages."""
