"""What must be right before a dossier exists: a filing beside the catalogue, its papers and their names. Pure.

Never how a filing arrives (filing_api.py) or what is inside a file (inspection/).
"""
