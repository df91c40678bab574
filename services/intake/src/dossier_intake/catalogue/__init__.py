"""The catalogue of agencies, procedures, forms and working time: what it may hold, how it is read, merged and compared.

Pure: documents in, a catalogue or findings out. Never a query (store.py), a topic (publishing.py) or a request.
"""
