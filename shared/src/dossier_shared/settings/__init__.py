"""How a process is told where it runs: variables and secret files, read strictly once.

Belongs in: types of settings, the broker as a value, how they are read. Never: what a service does with them."""
