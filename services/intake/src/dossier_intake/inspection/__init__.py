"""What is in an uploaded file, found out by processes of their own that may be killed, and by a virus scanner.

Never who brought the file, or what for: bytes in, a verdict out.
"""
