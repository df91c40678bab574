"""Files on their way in: taken to disk while they come, looked into, and kept by their bytes with who brought them.

Never what a procedure demands of them (filing/) or what makes a file dangerous (inspection/).
"""
