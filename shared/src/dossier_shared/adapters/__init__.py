"""Implementations of the journal's protocols: MongoDB, Kafka, and both in memory for tests.

Belongs in: all code that speaks to a driver. Never: decisions about dossiers."""
