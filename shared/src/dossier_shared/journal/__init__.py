"""The core: a dossier, the one write, commands and batches, publishing, consuming, effects.

Belongs in: the rules of protocol, free of drivers through small protocols. Never: HTTP, pages, a service's own rules."""
