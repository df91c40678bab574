from __future__ import annotations

from joserfc.errors import JoseError

from dossier_local.identity.app import create_app
from dossier_local.identity.settings import Settings
from dossier_local.serving import serve
from dossier_shared.settings import reading as configuration


def main() -> None:
    settings = configuration.read_plain(Settings, "identity")
    if not settings.development:
        configuration.refuse(
            "identity",
            "The development issuer starts only with DEVELOPMENT=true. In production set OIDC_ISSUER to a real one.",
        )
    try:
        app = create_app(settings)
    except (OSError, ValueError, JoseError) as error:
        why = getattr(error, "strerror", None) or f"key.pem is no key: {type(error).__name__}"
        configuration.refuse("identity", f"IDENTITY_DATA: {settings.identity_data}: {why}")
    serve(app, settings.identity_host, settings.identity_port)


if __name__ == "__main__":
    main()
