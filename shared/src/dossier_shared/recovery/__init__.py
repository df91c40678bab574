"""After a database was put back from a backup: the journal is behind what its own topic holds, and what the service has heard
is behind what its group has read. `rebuild` says how one dossier becomes whole again, `recovering` does it for all of them,
`guard` keeps a service that needs it from taking commands. See docs/decisions/a-restored-journal-is-read-back.md."""
