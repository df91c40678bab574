"""Signing in on a page: authorization code with PKCE at any OpenID provider, and the session it leaves in the service's database.

A session is the browser's secret: the database has its digest, and the tokens under a key made of it. What is here ends at the
provider and at the store; what a page shows of it is in `pages`, what a request may do with it in `http/auth.py`.
"""
