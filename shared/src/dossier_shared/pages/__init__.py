"""What officers' pages share: the work list, rendering, navigation between services, texts, styles.

Belongs in: templates, static files, how they are filled. Never: queries, rules, a service's own wording."""
