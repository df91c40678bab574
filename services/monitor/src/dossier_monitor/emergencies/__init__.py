"""Who reads which dossier of others in an emergency, for those who watch and audit."""
