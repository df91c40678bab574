"""Emergency access: an officer opens one dossier that is not their office's, by saying why, for a while, to read only."""
