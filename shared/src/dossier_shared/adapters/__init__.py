"""Implementations of the journal's protocols: MongoDB and Kafka.

Belongs in: all code that speaks to a driver. Never: decisions about dossiers."""
