"""The journal's protocols carried out: MongoDB, Kafka, and both in memory for tests.

Belongs in: the only code that speaks to a driver. Never: decisions about dossiers."""
