"""Who stands in for whom below a superior: an API and a page.

Never how a delegation is given (review) or holds (`dossier_shared.runtime.delegations`).
"""
