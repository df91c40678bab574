"""The audit of all services: read from their topics into the database, shown to auditors, and to whose dossier was looked at.

No truth about dossiers, and none of their numbers comes from here.
"""
