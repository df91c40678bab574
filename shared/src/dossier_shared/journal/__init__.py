"""The core: a dossier, the one write, commands and batches, publishing, consuming, effects.

Belongs in: how dossiers change and how events travel; drivers only behind small interfaces. Never: HTTP, pages, a service's
own rules."""
