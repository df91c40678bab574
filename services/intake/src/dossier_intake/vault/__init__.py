"""The person's own: papers they have handed in, results signed for them, and what the repository of results has of them.

Nothing is shared by it: a paper is named again by its hash in a filing of one's own (filing_api.py), and nowhere else.
"""
