"""What the counter hands out on paper: receipts, requests to complete, refusals, and the register of a span of days.

Belongs in: from a dossier to what a form says of it, and the addresses that answer PDFs. Never: how a form looks (shared's
`documents/`), or what may be done to a dossier.
"""
