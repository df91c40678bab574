"""Search by code, name or phone: questions to the stored keys, what is masked for whom, API and page.

Never how keys are made (that is `timelines.search_keys`).
"""
