"""Papers of a dossier that is filed: which there are, who may read them, their bytes and pictures, and who has opened which.

Never how they came in (uploads/) or what makes a file dangerous (inspection/).
"""
