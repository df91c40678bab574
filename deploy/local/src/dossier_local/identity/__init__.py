"""The development issuer: the endpoints of an OpenID provider that the services use, and tokens for whoever asks.

It hands a token to any caller, so it listens on loopback, answers only to loopback host names (and to those it is told, as
in a container), and refuses to start without DEVELOPMENT=true. In production OIDC_ISSUER names a real provider and this
process does not exist.
"""
