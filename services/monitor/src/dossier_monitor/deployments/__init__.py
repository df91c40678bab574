"""Who serves whom, and how far each is: the deployments of review and signing, an API and a page.

Never what a deployment is or owns (`dossier_shared.contracts.deployments`), nor how one is added (the `dossier` command).
"""
