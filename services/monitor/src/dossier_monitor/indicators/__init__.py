"""The indicators of 766/QĐ-TTg and of local targets: definitions, queries, answers, the printed report, API and pages.

Never open data, whose numbers anyone may see.
"""
