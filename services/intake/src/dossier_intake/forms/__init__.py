"""Electronic forms: whether people can fill one in, what was filled in, checked and put into words.

Pure; knows a form's schema and its answers, never a procedure or a dossier.
"""
