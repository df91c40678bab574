"""From a request to a command and back: sign-in, bodies, repeated keys, problems, OpenAPI, metrics.

Belongs in: what every service's API shares. Never: what a page looks like, what a verb of one service means."""
