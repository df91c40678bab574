"""The setting of a service that may run beside others of its kind on one broker, each for agencies of its own."""

from __future__ import annotations

from dossier_shared.settings.sign_in import SignInSettings
from dossier_shared.settings.types import Deployment


class DeployedSettings(SignInSettings):
    deployment: Deployment = ""  # as it was added with `dossier deployments add`; empty: who serves whom no other does

    @property
    def deployed_as(self) -> str:
        return self.deployment
