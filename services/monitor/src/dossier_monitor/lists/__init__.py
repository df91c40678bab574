"""Lists of dossiers: the filter behind every number, its query, rows, exports, API and pages.

Never a rule of what a fact means (that is `projection`).
"""
