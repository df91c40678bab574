"""What makes a dossier or a database whole again: asking, resending, republishing, rebuilding, stuck effects.

Belongs in: what runs because something went wrong. Never: the way of a dossier where nothing did."""
