"""What makes a dossier or a database whole again: missed events, publishing again, recovery, stuck effects.

Belongs in: what runs because something went wrong. Never: what happens to every dossier."""
