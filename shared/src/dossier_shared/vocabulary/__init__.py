"""One vocabulary of input: what a person, a register or a program may give, and the one form in which it is kept.

Every way in uses these types: bodies, forms, catalogue, commands, settings. Each function here takes text and gives its
canonical form, or raises `Invalid` with a stable code and a sentence in both languages that says what to do; the value itself
is never repeated (it may be personal). Each type is the same function for pydantic models.

text      human text: something visible, NFC, nothing hidden        names     of people and of organisations
phone     a number one can call; a mobile an SMS reaches             identity  citizen ID, tax code
money     đồng, whole                                                moments   times of day, days, instants
codes     of dossiers, as they are typed and pasted
"""
