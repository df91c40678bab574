"""The board as it was: stored transitions and daily snapshots, the view at a past instant, the film of a span of time.

Never what is so now (that is `board`).
"""
