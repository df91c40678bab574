"""What services say to each other: topics, events, their envelope, what may follow what.

Belongs in: data and pure functions of the wire format. Never: anything that connects, stores or answers."""
